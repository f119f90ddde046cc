"""Passwords that are tried first in a Chinese town, and therefore refused: common words in pinyin, and common numbers.

Lists and not rules, for nothing but habit makes these words and numbers what they are.
"""

_ACCOUNTS = (
    "admin", "administrator", "root", "guest", "test", "welcome", "officer", "viewer", "supervisor", "command", "passw0rd", "password",
    "qwerty", "1qaz2wsx", "admin123", "mima", "denglu", "yonghu", "guanliyuan", "chaojiguanliyuan", "zhanghao",
)  # fmt: skip
_WORK = (
    "kakou", "卡口", "checkpoint", "gate", "hub", "guanka", "menwei", "zhiban", "zhihui", "zhihuibu", "jianchazhan", "jiancha",
    "tongxing", "tongxingzheng", "tongxingma", "cheliang", "chepai", "daolu", "jiaotong", "jiaojing", "gongan", "paichusuo", "jingcha",
    "shequ", "xiangzhen", "xiangcun", "nongcun", "cunwei", "juweihui", "jiedao", "bangongshi", "zhengfu", "renmin", "xianwei", "dangwei",
    "gongchandang", "zhongxin", "guanli", "xitong", "gongzuo", "anquan", "pingan",
)  # fmt: skip
_EPIDEMIC = (
    "yiqing", "fangkong", "fangyi", "kangyi", "guankong", "fengkong", "fengcheng", "fengbi", "fengsuo", "xinguan", "feiyan", "bingdu",
    "geli", "hesuan", "jiance", "caiyang", "xiaodu", "xiaosha", "kouzhao", "yimiao", "jiankang", "jiankangma", "xingchengma", "dabai",
    "jikong", "weisheng", "weijian", "yiyuan", "yihu", "zhiyuanzhe", "qingling", "jingtai", "covid", "covid19", "corona", "virus",
    "疫情", "防控", "防疫", "抗疫", "新冠", "肺炎", "病毒", "隔离", "核酸", "消毒", "健康码",
)  # fmt: skip
_SAID = (
    "woaini", "wo aini", "aini", "woaizhongguo", "zhongguo", "zhonghua", "china", "huanying", "nihao", "jiayou", "dajia", "xiexie",
    "fuqi", "facai", "gongxi", "kuaile", "xinnian", "laopo", "laogong", "baobei", "mama", "baba", "shengri", "shunli", "wansui", "bisheng", "shengli", "tiananmen",
    "中国", "加油", "我爱你", "密码", "管理员", "你好", "平安",
)  # fmt: skip
_PLACES = (
    "beijing", "tianjin", "hebei", "shanxi", "neimenggu", "liaoning", "jilin", "heilongjiang", "shanghai", "jiangsu", "zhejiang", "anhui",
    "fujian", "jiangxi", "shandong", "henan", "hubei", "hunan", "guangdong", "guangxi", "hainan", "chongqing", "sichuan", "guizhou",
    "yunnan", "xizang", "shaanxi", "gansu", "qinghai", "ningxia", "xinjiang", "taiwan", "hongkong", "xianggang", "macau", "aomen",
    "wuhan", "guangzhou", "shenzhen", "chengdu", "hangzhou", "nanjing", "xian", "suzhou", "zhengzhou", "changsha", "shenyang", "qingdao",
    "jinan", "dalian", "ningbo", "xiamen", "fuzhou", "hefei", "kunming", "haerbin", "harbin", "changchun", "shijiazhuang", "taiyuan",
    "nanchang", "nanning", "guiyang", "lanzhou", "haikou", "yinchuan", "xining", "lasa", "wulumuqi", "huhehaote", "dongguan", "foshan",
    "wuxi", "changzhou", "xuzhou", "wenzhou", "yantai", "weifang", "linyi", "luoyang", "zhuhai", "sanya", "tangshan", "baoding", "huanggang",
    "xiaogan", "pingdu", "武汉", "北京", "上海", "青岛", "山东", "湖北",
)  # fmt: skip

WORDS = tuple(dict.fromkeys((*_ACCOUNTS, *_WORK, *_EPIDEMIC, *_SAID, *_PLACES)))
"""Words that a password has for nothing."""

NUMBERS = (
    # said like words: for ever, I love you, a way to luck, prosperity
    "1314", "520", "521", "5201314", "1314520", "5211314", "7758521", "7758258", "7758", "9420", "1711", "1573", "168", "1688", "5188", "9527",
    "2333", "996", "147258", "147258369",
    # dialled: police, fire, ambulance, traffic police, telephone companies, banks, railway
    "110", "119", "120", "122", "114", "911", "10086", "10010", "10000", "10001", "12306", "12315", "12345", "12320", "12580", "95588",
    "95533", "95555", "95566", "95599",
)  # fmt: skip
"""Numbers that a PIN, or a password, has for nothing."""
