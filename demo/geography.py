"""Where the synthetic province plays: six branches in Yunnan and their counties."""

from dataclasses import dataclass

PROVINCE = "云南省"

_COUNTIES = {
    "qujing": (
        "530302麒麟区 530303沾益区 530304马龙区 530322陆良县 530323师宗县 530324罗平县 "
        "530325富源县 530326会泽县 530381宣威市"
    ),
    "yuxi": (
        "530402红塔区 530403江川区 530423通海县 530424华宁县 530425易门县 "
        "530426峨山彝族自治县 530427新平彝族傣族自治县 "
        "530428元江哈尼族彝族傣族自治县 530481澄江市"
    ),
    "zhaotong": (
        "530602昭阳区 530621鲁甸县 530622巧家县 530623盐津县 530624大关县 530625永善县 "
        "530626绥江县 530627镇雄县 530628彝良县 530629威信县 530681水富市"
    ),
    "chuxiong": (
        "532301楚雄市 532302禄丰市 532322双柏县 532323牟定县 532324南华县 532325姚安县 "
        "532326大姚县 532327永仁县 532328元谋县 532329武定县"
    ),
    "honghe": (
        "532503蒙自市 532501个旧市 532502开远市 532504弥勒市 532523屏边苗族自治县 "
        "532524建水县 532525石屏县 532527泸西县 532528元阳县 532529红河县 "
        "532530金平苗族瑶族傣族自治县 532531绿春县 532532河口瑶族自治县"
    ),
    "dali": (
        "532901大理市 532922漾濞彝族自治县 532923祥云县 532924宾川县 532925弥渡县 "
        "532926南涧彝族自治县 532927巍山彝族回族自治县 532928永平县 532929云龙县 "
        "532930洱源县 532931剑川县 532932鹤庆县"
    ),
}
_PEOPLES = (
    "苗族瑶族傣族 彝族傣族 彝族回族 哈尼族彝族傣族 彝族 苗族 瑶族 白族 哈尼族彝族"
)


@dataclass(frozen=True)
class Place:
    """A prefecture or county as organisations write it into their names.

    Attributes:
        name: Official name, for example 峨山彝族自治县.
        common: As people say it, for example 峨山县; equal to `name` where there is
            nothing to shorten.
        short: Without the kind of division, for example 峨山.
        code: Code of the administrative division, six digits.
    """

    name: str
    common: str
    short: str
    code: str


@dataclass(frozen=True)
class Branch:
    """A branch of the operator and the area it serves.

    Attributes:
        region_code: The branch as the CRM names it, the telephone area code.
        branch_id: The branch as `demo/sources.yml` translates it.
        prefecture: The prefecture or city the branch serves.
        counties: Its counties; the first is the seat.
        weight: Share of the province's organisations.
    """

    region_code: int
    branch_id: str
    prefecture: Place
    counties: tuple[Place, ...]
    weight: float


def _read_place(text: str) -> Place:
    code, name = text[:6], text[6:]
    short = name.removesuffix("自治县").removesuffix("自治州")
    is_autonomous = short != name
    if is_autonomous:
        people = max((p for p in _PEOPLES.split() if short.endswith(p)), key=len)
        short = short.removesuffix(people)
        return Place(name, short + name[-1], short, code)
    return Place(name, name, name[:-1], code)


def _read_branch(
    region_code: int, branch_id: str, prefecture: str, weight: float
) -> Branch:
    counties = tuple(_read_place(text) for text in _COUNTIES[branch_id].split())
    return Branch(region_code, branch_id, _read_place(prefecture), counties, weight)


BRANCHES = (
    _read_branch(874, "qujing", "530300曲靖市", 0.27),
    _read_branch(877, "yuxi", "530400玉溪市", 0.17),
    _read_branch(870, "zhaotong", "530600昭通市", 0.13),
    _read_branch(878, "chuxiong", "532300楚雄彝族自治州", 0.14),
    _read_branch(873, "honghe", "532500红河哈尼族彝族自治州", 0.16),
    _read_branch(872, "dali", "532900大理白族自治州", 0.13),
)
