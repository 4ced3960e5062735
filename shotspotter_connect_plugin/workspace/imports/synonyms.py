"""What agencies call things: column names, offences, kinds of alerts. The only place that knows; no code per city."""
import re
from dataclasses import dataclass

from ... import json_text
from ...errors import ConnectError, some

# Role -> names agencies give the column, most telling first. Written without case, spaces and punctuation.
_TIMES = {
    "reported": "reporteddatetime reportdatetime reportdate reportdat reporteddate datereported reporteddt reportedon "
                "datetimereported rptdate rptdt datereport daterptd daterpt reportedat reported cmplntreportdate "
                "callreceived receiveddatetime receiveddate datereceived calldatetime calldate rptdttm entrydate",
    "reported_time": "reporttime reportedtime timereported rpttime timerpt receivedtime timereceived calltime",
    "occurred_from": "startdate startdatetime occurredfrom occurredfromdate occurfrom occurredstart fromdate "
                     "fromdatetime datefrom datetimefrom begindate begindatetime beginningdate occurrencefrom "
                     "occurrencestartdate cmplntfrdt earliestdate firstdate occurredonfrom offensestartdate "
                     "incidentstartdate start begin",
    "occurred_from_time": "starttime fromtime timefrom begintime occurredfromtime occurrencestarttime cmplntfrtm",
    "occurred_to": "enddate enddatetime occurredto occurredtodate occurto occurredend todate todatetime dateto "
                   "datetimeto endingdate occurrenceto occurrenceenddate cmplnttodt latestdate lastdate occurredonto "
                   "offenseenddate incidentenddate end",
    "occurred_to_time": "endtime totime timeto endingtime occurredtotime occurrenceendtime cmplnttotm",
    "occurred": "occurreddatetime occurdatetime occurrencedatetime occurreddate occurdate occurrencedate occurred "
                "dateoccurred dateoccur dateocc dateofoccurrence dateofincident occurredon occurredat datetimeoccurred "
                "incidentdatetime incidentdate offensedate offensedatetime crimedate crimedatetime eventdate "
                "eventdatetime eventtimestamp incidenttimestamp alertdatetime alertdate alerttimestamp shotdate "
                "shotdatetime detectiondatetime detectiondate firedat datetime dateandtime timestamp date",
    "occurred_time": "occurredtime occurtime occurrencetime timeoccurred timeocc timeofoccurrence timeofincident "
                     "incidenttime offensetime crimetime eventtime alerttime shottime detectiontime timeofday time",
}
_PLACES = {
    "longitude": "longitude lon long lng wgs84longitude longitudewgs84 longitudedd londd pointlongitude gislongitude "
                 "lonwgs84 mappinglongitude bstplon",
    "latitude": "latitude lat wgs84latitude latitudewgs84 latitudedd latdd pointlatitude gislatitude latwgs84 "
                "mappinglatitude bstplat",
    "x": "x xcoord xcoordinate coordx xblock blockxcoord blockx xcoordcd pointx xpoint easting xeasting coordinatex "
         "gisx xgis geox xvalue statex xstateplane stateplanex mapx xmap",
    "y": "y ycoord ycoordinate coordy yblock blockycoord blocky ycoordcd pointy ypoint northing ynorthing coordinatey "
         "gisy ygis geoy yvalue statey ystateplane stateplaney mapy ymap",
}


@dataclass(frozen=True)
class Measure:
    """A weather measure: the name it is stored under, names of columns, and factor and offset of each unit.

    A column may name its unit behind its name (``temp_f``). ``summed`` over the hours of a day, else averaged.
    """

    name: str
    stems: str
    units: dict
    summed: bool = False

    @property
    def words(self):
        """Names of columns, alone and with each unit."""
        return " ".join(stem + unit for stem in self.stems.split() for unit in ("", *self.units))

    def conversion(self, column):
        """Factor and offset by which a column's values become this measure; (1, 0) where it names no unit."""
        name = plain(column)
        return next((change for stem in self.stems.split() for unit, change in self.units.items()
                     if name == stem + unit), (1.0, 0.0))


_FAHRENHEIT = (5 / 9, -160 / 9)
_DEGREES = {"c": (1.0, 0.0), "degc": (1.0, 0.0), "celsius": (1.0, 0.0), "f": _FAHRENHEIT, "degf": _FAHRENHEIT,
            "fahrenheit": _FAHRENHEIT}
_LENGTHS = {"mm": (1.0, 0.0), "cm": (10.0, 0.0), "in": (25.4, 0.0), "inch": (25.4, 0.0), "inches": (25.4, 0.0)}
_SPEEDS = {"ms": (1.0, 0.0), "mps": (1.0, 0.0), "kmh": (1 / 3.6, 0.0), "kph": (1 / 3.6, 0.0), "mph": (0.44704, 0.0),
           "kt": (0.514444, 0.0), "kn": (0.514444, 0.0), "knots": (0.514444, 0.0)}
WEATHER = {
    "temperature": Measure("temperature_c", "temperature temp tavg tmean meantemp meantemperature avgtemp "
                           "averagetemperature temperaturemean temperatureavg airtemp airtemperature drybulb "
                           "hourlydrybulbtemperature temperature2m", _DEGREES),
    "temperature_max": Measure("temperature_max_c", "tmax maxtemp maxtemperature temperaturemax tempmax hightemp "
                               "temperature2mmax", _DEGREES),
    "temperature_min": Measure("temperature_min_c", "tmin mintemp mintemperature temperaturemin tempmin lowtemp "
                               "temperature2mmin", _DEGREES),
    "precipitation": Measure("precipitation_mm", "precipitation precip prcp rain rainfall precipitationsum "
                             "precipitationtotal hourlyprecipitation rainsum", _LENGTHS, True),
    "snow": Measure("snow_mm", "snowfall snow snowfallsum newsnow", _LENGTHS, True),
    "wind": Measure("wind_ms", "windspeed wind awnd wspd avgwind avgwindspeed windspeedmean windspeed10m", _SPEEDS),
    "humidity": Measure("humidity_percent", "humidity relativehumidity rhum rh relativehumidity2m "
                        "hourlyrelativehumidity", {"percent": (1.0, 0.0), "pct": (1.0, 0.0)}),
}
_DISPOSITIONS = ("disposition disp dispo dispositiontext dispositiondesc dispositiondescription dispositioncode "
                 "dispositiontype finaldisposition casedisposition calldisposition eventdisposition "
                 "incidentdisposition primarydisposition outcome lastoutcomecategory resolution clearance "
                 "clearancestatus clearancedesc clearancedescription clearancecode casestatus casestatusdesc "
                 "incidentstatus eventstatus alertstatus status statusdesc statusdescription unfounded isunfounded "
                 "unfoundedflag flagunfounded cancelled canceled iscancelled iscanceled duplicate isduplicate test "
                 "istest testflag testalert")
_ROLES = {
    "incidents": {
        "id": "ccn incidentid incidentnumber incidentno incidentnum incidentkey incidnum casenumber caseno casenum "
              "caseid reportnumber reportno reportid rptno complaintnumber complaintno cmplntnum drno crnumber "
              "rdnumber eventnumber eventid eventno offenseid compnos incidnt inum incnum incidentidentifier "
              "ccnumber uniqueid recordid id",
        "offence": "offense offence offensetype offencetype offensedescription offencedescription offensename "
                   "offencename offensedesc offencedesc ofnsdesc crimetype crimedescription crimecategory crime "
                   "incidenttype incidentcategory incidenttypedescription incidentdescription primarytype "
                   "ucrdescription ucroffense ucrcategory ucr nibrsoffense nibrsdescription nibrscategory crmcddesc "
                   "textgeneralcode calltype calltypedescription category type descript description descriptio",
        "murder_flag": "statisticalmurderflag murderflag murder fatal fatality isfatal victimdied homicideflag",
        "weapon": "weapon method weapontype weaponused weapondesc weapondescription weaponcategory firearm firearmused "
                  "gun gunused guninvolved guncrime",
        "discovered": "officerinitiated selfinitiated selfinitiatedflag isofficerinitiated officerinit onview onviewed "
                      "discovered initiatedby initiatedtype callsource eventsource howreported sourceofcall",
        "block": "block blockaddress blocksiteaddress hundredblock hundredblockaddress block100 hundblock "
                 "blockname blocklocation streetblock 100block 100blockaddr locationblock",
        "address": "address location fulladdress streetaddress incidentaddress addressofcrime siteaddress "
                   "incidentlocation crimelocation locationaddress",
        "shift_label": "shift tour watch shiftname reportshift",
        "disposition": _DISPOSITIONS,
        **_TIMES, **_PLACES,
    },
    "gunfire": {
        "id": "id incidentid respondid alertid eventid shotid shotspotterid uniqueid flexid cad cadid cadnumber cadno "
              "incidentnumber incidentno eventnumber masterincidentnumber ccn casenumber",
        "kind": "type alerttype incidenttype incidenttypedescription incidenttypedesc shottype gunfiretype eventtype "
                "kind classification roundtype category calltype description descriptio calltypedescription "
                "class alertclass alertcategory soundtype soundclass audiotype detectiontype detectionclass sound "
                "label",
        "disposition": "reviewclassification finalclassification reviewedclassification classification reviewresult "
                       "review reviewstatus reviewed verdict determination finaltype reviewedtype finalcalltype "
                       "isgunfire gunfire isgunshot gunshot " + _DISPOSITIONS,
        "rounds": "rounds rnds roundsfired numberofrounds numrounds roundcount shots shotsfired shotcount numshots",
        "occurred": _TIMES["occurred"] + " " + _TIMES["reported"],
        "occurred_time": _TIMES["occurred_time"] + " " + _TIMES["reported_time"],
        **_PLACES,
    },
    "places": {
        "id": "gisid placeid siteid facilityid licensenumber licenseno license stopid regid globalid id objectid fid",
        "name": "name placename sitename facilityname storename tradename businessname dbaname doingbusinessas "
                "schoolname stationname stopname branchname label labelname msgtext bstpmsgtext",
    },
    "sensor_coverage": {
        "area": "area areaname coveragearea coverage coveragename zone zonename sensorarea name district districtname "
                "districtid precinct beat sector label id objectid fid",
        "from": "from fromdate datefrom start startdate started live livedate golive golivedate installed installdate "
                "activated activationdate since begin begindate firstday",
        "to": "to todate dateto end enddate ended until removed removaldate deactivated deactivationdate retired "
              "lastday",
    },
    "calendar": {
        "kind": "kind category entrytype calendartype calendar rowtype type",
        "from_time": "starttime fromtime begintime timefrom opens",
        "to_time": "endtime totime finishtime timeto closes",
        "from": "from start startdate startdatetime datefrom fromdate begin begindate firstday fromday startson "
                "dtstart eventstart",
        "to": "to end enddate enddatetime dateto todate until through lastday finish ending endson dtend "
              "eventend",
        "issued": "issued issuedat issuedate issuedutc issuetime knownfrom known forecastissued forecastmadeat madeat",
        "date": "date day localdate calendardate holidaydate eventdate schooldate observationdate validdate datetime "
                "timestamp time validtime dateandtime obsdate",
        "time": "time timeofday hour localtime clock",
        **{role: measure.words for role, measure in WEATHER.items()},
        "value": "value attendance expectedattendance attendees expectedattendees crowd crowdsize capacity people "
                 "schoolday isschoolday insession schoolinsession inschool open isopen",
        "name": "name title eventname event holiday holidayname summary label period periodname occasion description "
                "schoolperiod venue measure element variable",
        **_PLACES,
    },
    "gps_fixes": {
        "unit": "unit unitid unitname unitno unitnumber unitcode callsign radioid radioname resource resourceid "
                "vehicle vehicleid vehicleno vehiclenumber vehiclename vehiclecode carid carno carnumber car cabid "
                "cab taxiid bus busid apparatus asset assetid assetname assetno assetnumber unitalias vehiclealias "
                "vehiclelabel fleetno fleetnumber device deviceid devicename devicealias deviceno devicenumber "
                "deviceserial imei avlid tracker trackerid trackername trackid badge badgeno badgenumber officerid "
                "officer",
        "at": "at timestamp datetime dateandtime unixtime unixtimestamp epoch epochtime epochms epochseconds ts "
              "gpsdatetime gpstimestamp fixdatetime fixtimestamp positiondatetime locationdatetime recordedat "
              "recordeddatetime recordedon capturedat loggedat logdatetime reporteddatetime reportdatetime "
              "eventdatetime createdat updatedat date gpsdate fixdate positiondate locationdate logdate reportdate "
              "day fixtime gpstime positiontime locationtime devicetime recordedtime logtime reporttime updatetime "
              "begin time",
        "at_time": "time timeofday clock clocktime gpstime fixtime positiontime locationtime devicetime recordedtime "
                   "logtime reporttime hour",
        "accuracy": "accuracy horizontalaccuracy gpsaccuracy positionaccuracy locationaccuracy accuracymeters "
                    "accuracymetres hacc haccuracy errorradius uncertainty precision epe eph",
        "hdop": "hdop horizontaldilution horizontaldilutionofprecision",
        **_PLACES,
    },
    "roster": {
        "unit": "unit unitid unitname unitno unitnumber unitcode callsign radioid car carno carnumber vehicle "
                "vehicleid resource resourceid assignment",
        "officer": "officer officerid officerno officernumber badge badgeid badgeno badgenumber employeeid employeeno "
                   "employeenumber serialno serialnumber staffid personnelid payrollno",
        "shift_date": "shiftdate date dutydate workdate rosterdate day",
        "shift": "shift shiftcode shiftname tour watch",
        "from": "from fromutc fromdatetime fromtime start startdatetime starttime shiftstart begin begindatetime "
                "begintime on onduty ondutytime signon logon timeon clockin",
        "to": "to toutc todatetime totime end enddatetime endtime shiftend finish finishtime off offduty offdutytime "
              "signoff logoff timeoff clockout",
    },
    "tactic_log": {
        "id": "logid tacticlogid entryid recordid uuid globalid id fid objectid",
        "officer": "officer officerid officerno officernumber badge badgeid badgeno badgenumber employeeid employeeno "
                   "employeenumber serialno serialnumber loggedby",
        "unit": "unit unitid unitname unitno unitnumber unitcode callsign radioid car carno carnumber vehicle "
                "vehicleid resource resourceid",
        "tactic": "tactic tacticcode tacticname tacticused activity activitycode activityname activitytype action "
                  "actiontaken whatwasdone whatdone",
        "minutes": "minutes mins min durationminutes durationmin minutesspent durationmins timespent timespentmin "
                   "duration",
        "at": "atutc at timestamp datetime dateandtime startdatetime startedat startutc start loggedat logdatetime "
              "activitydatetime createdat created when date logdate activitydate startdate day time",
        "at_time": "time timeofday starttime logtime activitytime clock hour",
        "box_id": "boxid box boxcode cell cellid gridcell hotspot hotspotid",
    },
}
ROLES = {table: {role: names.split() for role, names in roles.items()} for table, roles in _ROLES.items()}

_ALIASES = {"incident_id": "id", "alert_id": "id", "place_id": "id", "crime_type": "offence", "offense": "offence",
            "occurred_utc": "occurred", "reported_utc": "reported", "occurred_from_utc": "occurred_from",
            "occurred_to_utc": "occurred_to"}
"""Names of the tables' own columns, which MAPPING may use for a role."""

_UNIT = re.compile(r"(?<=[a-z])\d+(m|meters?|metres?|ft|feet)?$")
_ZONE = re.compile(r"(utc|gmt)$|^(utc|gmt)(?=[a-z]{3})")
_LOCAL = re.compile(r"local$|^local(?=[a-z]{3})")
_SHAPEFILE_NAME = 10
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
SEVERAL = ("disposition",)
"""Roles of which every column that fits is read: the further ones as ``disposition2`` and so on."""


def plain(name):
    """A column name as synonyms are written: lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", str(name).casefold())


def words_of(column):
    """A name's words in lower case: split at capitals, digits, underscores and punctuation."""
    text = re.sub(r"(?<=[A-Za-z])['\u2019](?=[Ss]\b)", "", str(column)).replace("#", " no ")
    return [word.casefold() for word in _WORD.findall(text)]


def names_utc(column):
    """Whether a column says by its name that its times are UTC."""
    return bool(_ZONE.search(plain(column)))


_BECAME = re.compile(
    r"\b(disp|dispo|disposition|outcome|verdict|determination|adjudication|decision|classification|classified|"
    r"reclassified|reclassification|reviewed|review|validity|unfounded|founded|cancel\w*|duplicate|hoax)\b|"
    r"\b(case|call|incident|event|report|alert|record|publish|published|ucr|closing|closure|clearance) status\b|"
    r"\bfalse (positive|alarm|alert|report)\b|\bno (crime|offen[cs]e)\b|\bground truth\b|"
    r"\b(analyst|audio|sound) label\b|"
    r"^(is )?(valid|test)( (alert|call|event|incident|record))*( (flag|yn|indicator))?$|"
    r"^(is |was |not |non |no )*(gun ?fire|gun ?shots?)( (flag|yn|indicator))?$")
_NOT_OUTCOME = re.compile(r"\b(date|time|dt|tm|utc|by|at|on|id|no|num|number|nbr|count|user|name|officer|comments?|"
                          r"notes?|remarks|reason|minutes|duration|address)\b(?! (crime|offen[cs]e|gun))")


def tells_outcome(column):
    """Whether a column, by the words of its name, says what an incident or an alert turned out to be."""
    words = " ".join(words_of(column))
    return bool(_BECAME.search(words)) and not _NOT_OUTCOME.search(words)


def recognise(columns, table, mapping=None):
    """Find the column of each role.

    Parameters
    ----------
    columns : list of str
        Of the source, in order.
    table : str
        A key of :data:`ROLES`.
    mapping : dict or str, optional
        Role -> column, or the same as JSON; wins over what is recognised; an empty column leaves a role out.

    Returns
    -------
    dict
        Role -> column; roles not found are left out. Each column serves one role. Where several pairs of coordinates
        are found, the further ones follow as ``x2``, ``y2`` and so on; so do further columns of :data:`SEVERAL`.
    """
    given = given_roles(columns, table, mapping)
    found = {role: column for role, column in given.items() if column}
    free = [column for column in columns if column not in found.values()]
    for role, names in ROLES[table].items():
        if role in given or role in ("x", "y"):
            continue
        column, number = _further(free, names) if role in SEVERAL else _best(free, names), 1
        while column is not None:
            found[role + (str(number) if number > 1 else "")] = column
            free.remove(column)
            column, number = _further(free, names) if role in SEVERAL else None, number + 1
    if "x" in ROLES[table] and not {"x", "y"} & set(given):
        _pairs(free, ROLES[table], found)
    return found


def given_roles(columns, table, mapping):
    """Role -> column of the source, None to leave it out, as a MAPPING (dict or JSON) says; or ConnectError."""
    if isinstance(mapping, str) and mapping.strip():
        try:
            mapping = json_text.parse(mapping)
        except ValueError as error:
            raise ConnectError('MAPPING is not JSON; write it as {"id": "Case No", "offence": "Crime"}.',
                               str(error)) from error
    if not mapping:
        return {}
    if not isinstance(mapping, dict):
        raise ConnectError('MAPPING must name a column for each role, as in {"id": "Case No", "offence": "Crime"}.')
    given = {}
    for role, wanted in mapping.items():
        role = _ALIASES.get(role, role)
        if role not in ROLES[table] and role.rstrip("0123456789") not in set(SEVERAL) & set(ROLES[table]):
            raise ConnectError("MAPPING has no role {}; the roles are {}.".format(role, ", ".join(ROLES[table])))
        if wanted in (None, ""):
            given[role] = None
            continue
        if not isinstance(wanted, str):
            raise ConnectError('MAPPING must name a column for each role, as in {"id": "Case No", "offence": "Crime"}.')
        same = [column for column in columns if column == wanted] or [
            column for column in columns if plain(column) == plain(wanted)]
        if len(same) != 1:
            raise ConnectError(f"MAPPING names the column {wanted} for {role}, but the columns are: {some(columns)}.")
        given[role] = same[0]
    return given


def _best(columns, names):
    """The column that fits the earliest of the names: a UTC column first, a name cut off by a shapefile last."""
    ranked = []
    for order, column in enumerate(columns):
        for stage, name in enumerate(_forms(column)):
            rank = _rank(name, names)
            if rank is not None:
                ranked.append((not names_utc(column), 0 if stage < 2 else 1, rank, order, column))
                break
        else:
            cut = _cut_rank(column, names)
            if cut is not None:
                ranked.append((True, 2, cut, order, column))
    return min(ranked)[-1] if ranked else None


def _further(columns, names):
    """The same for a role that several columns may have, which the words of a name tell, too."""
    return _best(columns, names) or next(filter(tells_outcome, columns), None)


def _forms(column):
    name = plain(column)
    bare = _LOCAL.sub("", _ZONE.sub("", name))
    return [name, bare, _UNIT.sub("", bare)]


def _rank(name, names):
    return names.index(name) if name in names else None


def _cut_rank(column, names):
    """Shapefiles cut names to ten characters."""
    name = plain(column)
    if len(str(column)) != _SHAPEFILE_NAME or len(name) < 6:
        return None
    return next((rank for rank, full in enumerate(names) if full.startswith(name)), None)


def _pairs(free, roles, found):
    """Add every x column together with the y column named like it."""
    number = 1
    while True:
        x = _best(free, roles["x"])
        if x is None:
            return
        free.remove(x)
        twin = [column for column in free if plain(column) == plain(x).replace("x", "y", 1)
                or plain(column) == "y".join(plain(x).rsplit("x", 1))]
        y = twin[0] if twin else _best(free, roles["y"])
        if y is None:
            return
        free.remove(y)
        suffix = "" if number == 1 else str(number)
        found["x" + suffix], found["y" + suffix] = x, y
        number += 1


# Calendar

_DAY_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in (
    (r"HOLIDAY", "holiday"), (r"SCHOOL", "school"), (r"WEATHER|METEO|CLIMATE|TEMPERATURE|PRECIP|\bNOAA\b", "weather"),
    (r"EVENT|GAME|CONCERT|FESTIVAL|PARADE|MATCH|GATHERING|MARCH\b|\bRUN\b", "event"),
))
_NO_SCHOOL = re.compile(r"BREAK|HOLIDAY|NO SCHOOL|NO CLASS|CLOSED|CLOSURE|VACATION|RECESS|DAY OFF|TEACHER|DEVELOPMENT|"
                        r"CONFERENCE|SNOW|WORK ?DAY|NON ?(INSTRUCTION|SCHOOL|STUDENT)")
_NO = re.compile(r"^(0|0\.0|N|NO|F|FALSE|CLOSED|OFF)$", re.IGNORECASE)


def day_kind(text):
    """holiday, school, event or weather; ``None`` where the words speak of none."""
    text = " ".join(re.sub(r"[^A-Z0-9]+", " ", str(text).upper()).split())
    return next((kind for pattern, kind in _DAY_KINDS if pattern.search(text)), None)


def in_session(value, name):
    """1.0 where school is held, 0.0 where not: as the value says, else as the name of the day or period suggests."""
    value = str(value).strip()
    if value:
        return 0.0 if _NO.match(value) else 1.0
    return 0.0 if _NO_SCHOOL.search(str(name).upper()) else 1.0


_TRUE = re.compile(r"^(1|Y|YES|T|TRUE|X)$|OFFICER|SELF|ON[- ]?VIEW|PRO[- ]?ACTIVE", re.IGNORECASE)


def is_true(text):
    """Whether a flag's text means yes, or that an officer began it."""
    return bool(_TRUE.search(str(text).strip()))


# Residents

AREA_NAMES = "neighbourhood neighborhood nbhname nbhnames name tractname tract geoid psa beat cluster".split()
"""Columns that name a neighbourhood, most telling first."""

EVERYBODY = "all"
"""The group of all residents of a neighbourhood."""

_GROUPS = {
    EVERYBODY: "totalpop totpop population totalpopulation poptotal pop residents p0010001 p1001n b02001001e",
    "White": "white popwhite p0010003 p1003n b02001002e",
    "Black": "black popblack p0010004 p1004n b02001003e",
    "American Indian": "natamer nativeamerican amerindian p0010005 p1005n b02001004e",
    "Asian": "asian popasian p0010006 p1006n b02001005e",
    "Pacific Islander": "pacific pacificislander p0010007 p1007n b02001006e",
    "Other race": "other otherrace p0010008 p1008n b02001007e",
    "Two or more races": "twoormore twoormoreraces multiracial p0010009 p1009n b02001008e",
    "Hispanic, any race": "hispanic hisp pophispanic p0020002 p2002n",
    "Male": "popmale male males malepop",
    "Female": "popfemale female females femalepop",
    "Under 18": "popunder18 under18",
    "65 and over": "pop65up pop65over over65",
}
_GROUP_OF = {word: group for group, words in _GROUPS.items() for word in words.split()}


def population_group(column):
    """The group of residents that a column of a census export counts, or ""."""
    return _GROUP_OF.get(plain(column), "")
