"""Registers on paper: each as its form is laid out, empty or filled, as a workbook, a PDF and a masked picture of that."""
