"""The one process that receives the gates' messages, stores them in the ledger, and answers with acknowledgements."""
