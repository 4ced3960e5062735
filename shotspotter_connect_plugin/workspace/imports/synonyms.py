"""What agencies call their columns, table by table. The only place that knows; no code per city."""
from .weather_measures import WEATHER

# Role -> names agencies give the column, most telling first. Written without case, spaces and punctuation.
_TIMES = {
    "reported": "reporteddatetime reportdatetime reportdate reportdat reporteddate datereported reporteddt reportedon "
                "datetimereported rptdate rptdt datereport daterptd daterpt daterept datereprt reportedat reported "
                "incidentreported cmplntreportdate dateofreport reporteddateofoffense callreceiveddatetime "
                "callreceived receiveddatetime receiveddate datereceived calldatetime calldate rptdttm "
                "createtimeincident timecreate timecreated createtime responsedate "
                "datacomunicacaobo datacomunicacao datadacomunicacao dataregistro datedepot datededepotdeplainte "
                "fechadenuncia anzeigedatum aangiftedatum angelegtam "
                "dateincidentcreated entrydate createdatetime createddatetime createdtime reporttakendatetime "
                "reporttakendate reporttakenon whenreported "
                "dispatchdatetime dispatcheddatetime dispatchdate dispatcheddate adts",
    "reported_time": "reporttime reportedtime timereported rpttime timerpt timerept timereport receivedtime "
                     "timereceived calltime dispatchtime dispatchedtime",
    "reported_hour": "reporthour reportedhour hourreported dispatchhour",
    "occurred_from": "startdate startdatetime occurredfrom occurredfromdate occurredfromdatetime occurfrom "
                     "occurredbetween occurredstart occurredstartdate fromdate fromdatetime "
                     "datefrom datetimefrom begindate begindatetime "
                     "beginningdate occurrencefrom occurrencestart occurrencestartdate firstoccurrencedate "
                     "incidentfrom incidentfromdate incidentfromdatetime committedfrom committedfromdate offencefrom "
                     "offencefromdate offensefrom offensefromdate crimefrom crimefromdate eventfrom eventfromdate "
                     "firstoccurrence cmplntfrdt earliestdate firstdate occurredonfrom offensestart offensestartdate "
                     "offensestartdatetime offensebegindate incidentstart incidentstartdate incidentstartdatetime "
                     "incidentbegin incidentbegindate incidentbegan dateincidentbegan crimestart crimestartdate "
                     "date1ofoccurrence eventstart eventstartdate eventstartdatetime "
                     "tatzeitanfangdatum tatzeitvon start begin",
    "occurred_from_time": "starttime fromtime timefrom begintime occurredfromtime occurrencestarttime cmplntfrtm "
                          "time1ofoccurrence incidentstarttime offensestarttime hourfrom fromhour "
                          "tatzeitanfangstunde tatzeitanfanguhrzeit",
    "occurred_to": "enddate enddatetime occurredto occurredtodate occurredtodatetime occurto occurredend "
                   "occurredenddate todate todatetime dateto datetimeto endingdate occurrenceto occurrenceend "
                   "incidentto incidenttodate incidenttodatetime committedto committedtodate offenceto offencetodate "
                   "offenseto offensetodate crimeto crimetodate eventto eventtodate "
                   "occurrenceenddate lastoccurrencedate lastoccurrence cmplnttodt latestdate lastdate occurredonto "
                   "offenseend offenseenddate offenseenddatetime incidentend incidentenddate incidentenddatetime "
                   "dateincidentend crimeend crimeenddate date2ofoccurrence possdate eventend eventenddate "
                   "eventenddatetime "
                   "stopdate stopdatetime "
                   "tatzeitendedatum tatzeitbis occurredand and end",
    "occurred_to_time": "endtime totime timeto endingtime occurredtotime occurrenceendtime cmplnttotm "
                        "time2ofoccurrence incidentendtime offenseendtime posstime hourto tohour stoptime "
                        "tatzeitendestunde tatzeitendeuhrzeit",
    "occurred": "occurreddatetime occurdatetime occurrencedatetime occurreddate occurdate occurrencedate occurred "
                "dateoccurred dateoccur dateocc dateoccu occdate occdatetime occdt dateofoccurrence dateofincident "
                "dateofoffense dateofcrime occurredon occurredat occurrence datetimeoccurred datetimeofoccurrence "
                "occurredondate evtdate evtdatetime "
                "datetimeoccurrence incidentoccurred rmsoccurrencedate incidentoccurredat incidentoccurredon "
                "incidentdatetime incidentdate offensedate offensedatetime "
                "offencedate offencedatetime crimedate crimedatetime "
                "casedatetime eventdate eventdatetime eventtimestamp incidenttimestamp alertdatetime alertdate "
                "alerttimestamp shotdate shotdatetime detectiondatetime detectiondate firedat datetime dateandtime "
                "triggertime triggerdatetime fechahecho fechahechos fechadehechos fechadelhecho fechadelito "
                "fechaocurrencia fechadeocurrencia fechadeloshechos dataocorrencia dataocorrenciabo dataehora "
                "datafato datadofato datedesfaits datefaits datefait datedufait detectedat detectedon "
                "detecteddatetime "
                "datecommitted committeddate pleegdatum "
                "daterange datetimerange occurreddaterange occurrencedaterange offensedaterange offencedaterange "
                "incidentdaterange crimedaterange daterangeofoccurrence occurreddatetimerange occurrencerange "
                "tatdatum timestamp date fecha datum yearmonth monthyear",
    "occurred_time": "occurredtime occurtime occurrencetime timeoccurred timeoccur timeocc timeoccu occtime "
                     "timeofoccurrence timeofincident timeofoffense timeofcrime incidenttime offensetime offencetime "
                     "crimetime eventtime alerttime shottime detectiontime timeofday time24hr time24h "
                     "timerange timeframe timespan "
                     "horahecho horahechos horadehechos horadeloshechos horadofato horafato heuredesfaits heurefaits "
                     "timecommitted heure heurefait heuredufait "
                     "committedtime horadelhecho horadelito horaocurrencia horaocorrencia "
                     "horaocorrenciabo pleegtijd tatuhrzeit time hora uhrzeit tijd",
    "occurred_year": "occurredyear occyear occurrenceyear yearoccu yearofoccurrence incidentyear offenseyear crimeyear "
                     "eventyear year",
    "occurred_month": "occurredmonth occmonth occurrencemonth monthoccu monthofoccurrence incidentmonth offensemonth "
                      "crimemonth eventmonth month",
    "occurred_day": "occurredday occday occurrenceday dayofmonth incidentday offenseday crimeday eventday day",
    "occurred_hour": "occurredhour occhour occurrencehour houroccu hourofoccurrence hourofincident incidenthour "
                     "incidenthourofday offensehour offencehour crimehour rmsoccurrencehour eventhour alerthour "
                     "hourofday hourofthedayoccurred hourofoffense hourofoffence "
                     "hourofcrime hourofevent occurhour houroccurred starthour offensestarthour franja "
                     "franjahoraria hour hr",
    "occurred_minute": "occurredminute occminute occurrenceminute incidentminute eventminute minute",
    "occurred_half": "ampm amorpm meridiem meridian ampmindicator ampmflag timeampm hourampm occurredampm occampm",
    "utc_offset": "utcoffset gmtoffset offsetutc offsetfromutc tzoffset timezoneoffset utcoffsethours utcoffsetminutes "
                  "utcoffsetmin utcoffsetsec utcdifference utcoffsetlocal localutcoffset",
    "weekday": "dayofweek weekday dow dowoccu occdow occurrencedayofweek occurreddayofweek incidentdayofweek "
               "offensedayofweek weekdayname dayname daynameofweek dayofwk wday",
}
_PLACES = {
    "longitude": "longitude lon long lng wgs84longitude longitudewgs84 longwgs84 longitudedd londd pointlongitude "
                 "gislongitude "
                 "lonwgs84 mappinglongitude bstplon",
    "latitude": "latitude lat wgs84latitude latitudewgs84 latitudedd latdd pointlatitude gislatitude latwgs84 "
                "mappinglatitude bstplat",
    "x": "x xcoord xcoordinate coordx xblock blockxcoord blockx xcoordcd pointx xpoint easting xeasting coordinatex "
         "gisx xgis geox xvalue statex xstateplane stateplanex mapx xmap rechtswert xrd rdx",
    "y": "y ycoord ycoordinate coordy yblock blockycoord blocky ycoordcd pointy ypoint northing ynorthing coordinatey "
         "gisy ygis geoy yvalue statey ystateplane stateplaney mapy ymap hochwert yrd rdy",
    "point": "point location1 location geolocation georeference geopoint geopoint2d coordinates coordinate coords "
             "gpscoordinates latlong latlng latlon latitudelongitude latandlong latlongcoordinates position gps "
             "gpslocation gpsposition thegeom geom geometry wkt wkbgeometry shape mappedlocation "
             "newgeoreferencedcolumn gridref gridreference osgridref osgridreference osgr ngr nationalgridref "
             "nationalgridreference irishgridref irishgridreference",
}
_DISPOSITIONS = ("disposition disp dispo dispositiontext dispositiondesc dispositiondescription dispositioncode "
                 "dispositiontype finaldisposition casedisposition calldisposition eventdisposition "
                 "incidentdisposition primarydisposition outcome lastoutcomecategory resolution clearance "
                 "clearancestatus clearancedesc clearancedescription clearancecode casestatus casestatusdesc "
                 "incidentstatus eventstatus alertstatus status statusdesc statusdescription unfounded isunfounded "
                 "unfoundedflag flagunfounded cancelled canceled iscancelled iscanceled duplicate isduplicate test "
                 "istest testflag testalert iscrime crimeflag")
_ROLES = {
    "incidents": {
        "id": "ccn incidentid incidentnumber incidentno incidentnum incidentkey incidnum casenumber caseno casenum "
              "caseid reportnumber reportno reportid rptno complaintnumber complaintno cmplntnum drno crnumber "
              "rdnumber eventnumber eventid eventno eventuniqueid offenseid compnos incidnt inum incnum "
              "incidentidentifier ccnumber incno incnbr incidentnbr casenbr reportnbr rptnbr eventnbr crimeref "
              "crimerefno crimereference crimereferenceno crimereferencenumber uniqueid recordid num1 id",
        "offence": "offense offence offensetype offencetype offensedescription offencedescription offensename "
                   "offencename offensedesc offencedesc ofnsdesc crimetype crimedescription crimecategory crime "
                   "incidenttype incidentcategory incidenttypedescription incidentdescription primarytype "
                   "ucrdescription ucroffense ucrcategory ucr nibrsoffense nibrsdescription nibrscategory crmcddesc "
                   "textgeneralcode calltype calltypedescription tycod problem problemnature delito delict delikt "
                   "rubrica category type descript description descriptio",
        # Found by what stands in the columns, see offence_columns.
        "offence_detail": "", "offence_code": "", "offence_flag": "", "supplement": "",
        "count": "count totalincidents totalincident incidentcount numberofincidents numincidents offensecount "
                 "crimecount offencecount incidentscount countofincidents numberofoffenses numberofoffences "
                 "numberofcrimes numcrimes totalcrimes crimetotal countofcrimes eventcount reportcount recordcount "
                 "numberofrecords numberofreports frequency anzahl anzahlfalle anzahltaten fallzahl cantidad "
                 "cantidaddelitos quantidade nombredefaits aantal aantalmisdrijven",
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
        "id": "id incidentid respondid alertid alertnumber alertno alertnum eventid shotid shotspotterid uniqueid "
              "flexid cad cadid cadnumber cadno "
              "incidentnumber incidentno incno incnbr eventnumber masterincidentnumber ccn casenumber num1 "
              "identifier",
        "kind": "type alerttype incidenttype incidenttypedescription incidenttypedesc shottype gunfiretype eventtype "
                "kind classification roundtype category calltype description descriptio calltypedescription "
                "class alertclass alertcategory soundtype soundclass audiotype detectiontype detectionclass sound "
                "label tycod problem problemnature event",
        "disposition": "reviewclassification finalclassification reviewedclassification classification reviewresult "
                       "review reviewstatus reviewed verdict determination finaltype reviewedtype finalcalltype "
                       "isgunfire gunfire isgunshot gunshot " + _DISPOSITIONS,
        "rounds": "rounds rnds rds roundsfired numberofrounds numrounds numofrounds noofrounds roundcount "
                  "roundscount totalrounds roundstotal roundsdetected nrounds estimatedrounds roundnumber shots "
                  "shotsfired shotcount shotscount numshots numberofshots noofshots numofshots totalshots "
                  "shotsdetected nshots rndsfired gunshotcount numberofgunshots totalgunshots",
        "occurred": _TIMES["occurred"] + " onset " + _TIMES["reported"],
        "occurred_time": _TIMES["occurred_time"] + " " + _TIMES["reported_time"],
        **{role: _TIMES[role] for role in ("occurred_year", "occurred_month", "occurred_day", "occurred_hour",
                                           "occurred_minute", "occurred_half", "weekday", "utc_offset")},
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
    "unreachable": {
        "reason": "reason why whynot unreachablereason reasonunreachable accessreason noaccessreason restriction",
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
                "vehiclelabel fleetno fleetid fleetnumber device deviceid devicename devicealias deviceno devicenumber "
                "deviceserial devicetag imei avlid tracker trackerid trackername trackid tid badge badgeno badgenumber "
                "officerid "
                "officer",
        "at": "at timestamp datetime dateandtime unixtime unixtimestamp epoch epochtime epochms epochseconds tst "
        "timestampms timestampmillis ts "
              "gpsdatetime gpstimestamp avltimestamp avldatetime locationtimestamp positiontimestamp fixdatetime "
              "fixtimestamp positiondatetime locationdatetime recordedat "
              "recordeddatetime recordedon capturedat loggedat logdatetime reporteddatetime reportdatetime "
              "eventdatetime createdat updatedat date gpsdate fixdate positiondate locationdate logdate reportdate "
              "msgdate messagedate day fixtime gpstime positiontime locationtime devicetime recordedtime logtime "
              "reporttime updatetime deviceutc "
              "begin time servertime serverutc",
        "at_time": "time timeofday clock clocktime msgtime messagetime gpstime fixtime positiontime locationtime "
                   "devicetime recordedtime logtime reporttime hour",
        "accuracy": "accuracy horizontalaccuracy gpsaccuracy positionaccuracy locationaccuracy accuracymeters "
                    "accuracymetres hacc haccuracy errorradius uncertainty precision epe eph",
        "valid": "valid isvalid validity gpsvalid validgps gpsvalidity fixvalid validfix isfixvalid gpsfixvalid "
                 "positionvalid validposition locationvalid",
        "utc_offset": _TIMES["utc_offset"],
        "hdop": "hdop horizontaldilution horizontaldilutionofprecision",
        **_PLACES,
    },
    "roster": {
        "unit": "unit unitid unitname unitno unitnumber unitcode callsign radioid car carno carnumber vehicle "
                "vehicleid resource resourceid assignment",
        "officer": "officer officerid officerno officernumber officerbadge officer1badge officer1badgeno officer1id "
                   "badge badgeid badgeno badgenumber officers "
                   "officerids badges badgenos badgenumbers crew crewbadges crewids assignedofficer assignedofficers "
                   "collarno collarnumber shoulderno shouldernumber warrantno warrantnumber "
                   "employeeid employeeids employeeno employeenumber empid empno serialno serialnumber staffid "
                   "personnelid payrollno memberid",
        "shift_date": "shiftdate date dutydate workdate rosterdate day startdate begindate fromdate",
        "shift": "shift shiftcode shiftname tour watch",
        "duty": "status dutystatus shiftstatus rosterstatus attendance attendancestatus leave leavetype leavecode "
                "absence absencetype absent paycode",
        "from": "from fromutc fromdatetime fromtime start startdatetime starttime shiftstart begin begindatetime "
                "begintime on onduty ondutytime signon logon timeon clockin",
        "to": "to toutc todatetime totime through thru throughtime thrutime until till end enddatetime endtime "
              "shiftend finish finishtime off offduty offdutytime signoff logoff timeoff clockout",
        "hours": "hours hrs hoursscheduled scheduledhours shifthours hoursworked dutyhours shiftlength totalhours",
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
                   "durationinminutes totalminutes totalmins elapsedminutes timespentminutes timespentmins "
                   "duration durations durationtime totalduration elapsed elapsedtime totaltime length lengthoftime "
                   "elapsedmin elapsedmins",
        "hours": "hours hrs durationhours durationhrs durationhr durationh hoursspent timespenthours timespenthrs "
                 "timespenthr timespenth durationinhours totalhours totalhrs elapsedhours patrolhours "
                 "decimalhours elapsedhrs",
        "seconds": "seconds secs sec durationseconds durationsecs durationsec durationinseconds timespentseconds "
                   "timespentsecs timespentsec secondsspent totalseconds elapsedseconds "
                   "elapsedsec elapsedsecs",
        "to": "toutc todatetime enddatetime endutc endedat endat finishedat completedat stoppedat endtimestamp enddate "
              "finishdate dateend to until till end ended finish finished completed stop endtime timeend endingtime "
              "finishtime stoptime completiontime timecompleted cleared clear clearedat cleartime timecleared departed "
              "departedat departuretime timeout",
        "to_time": "endtime timeend endingtime finishtime stoptime completiontime",
        "at": "atutc at timestamp datetime dateandtime startdatetime startedat startutc loggedat logdatetime "
              "activitydatetime createdat created when date logdate activitydate startdate day arrivaldatetime "
              "arrivedat arrived begandatetime begindatetime start begin starttime timestart begintime arrivaltime "
              "timein time",
        "at_time": "start begin began time timeofday starttime timestart begintime arrivaltime arrived arrivedat "
                   "timein logtime activitytime clock hour",
        "box_id": "boxid box boxcode cell cellid gridcell hotspot hotspotid",
    },
}
COLUMN_ROLES = {table: {role: names.split() for role, names in roles.items()} for table, roles in _ROLES.items()}
SEVERAL = ("disposition", "offence_detail", "offence_flag")
"""Roles of which every column that fits is read: the further ones as ``disposition2`` and so on."""
NUMBERED = {"officer": "partner partnerid partnerno partnerbadge partnerbadgeno secondofficer secondofficerid "
                       "secondofficerbadge secondbadge officertwo badgetwo".split()}
"""Roles that several columns can have which differ by a number in their names, and what else the further ones are
called: ``officer2`` and so on."""
BY_CONTENT = ("point",)
"""Roles that a name alone does not give: what stands in the column does; see :mod:`.place_columns`."""
