"""Fixes from the GPS connection that QGIS has open; one of our own only where there is none."""
import math

from qgis.core import QgsApplication, QgsNmeaConnection
from qgis.PyQt.QtCore import QDateTime, QElapsedTimer, QObject, Qt, pyqtSignal
from qgis.PyQt.QtNetwork import QAbstractSocket, QTcpSocket

GPSD, NMEA = "gpsd", "NMEA over TCP"
_WATCH = b'?WATCH={"enable":true,"nmea":true};\n'
"""Asks gpsd for NMEA; QGIS's own class for gpsd takes no port above 32767."""
_TRY_AGAIN = 3000
"""Milliseconds."""
_METRES_PER_HDOP = 5.0
"""As imports of GPS files take it."""


class GpsSource(QObject):
    """Gives ``fix(ISO text of the instant in UTC, longitude, latitude, accuracy in metres or NaN)``."""

    fix = pyqtSignal(str, float, float, float)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._connection = self._own = self._socket = self._wanted = None
        self._since_try = QElapsedTimer()

    @property
    def name(self):
        """Where fixes come from, or ""."""
        if self._connection is None:
            return ""
        return "{} {}:{}".format(*self._wanted) if self._connection is self._own else "GPS of QGIS"

    @property
    def trying(self):
        """Where a connection of our own is being tried, or ""."""
        return "" if self._wanted is None or self._connection is not None else "{} {}:{}".format(*self._wanted)

    def watch(self):
        """Follow the connection that QGIS has open, if any; ours gives way to it, and is tried again when lost."""
        open_now = QgsApplication.gpsConnectionRegistry().connectionList()
        if open_now:
            if self._connection is not open_now[0]:
                self._let_go()
                self._follow(open_now[0])
            return
        if self._connection is not self._own:
            self._connection = None
        lost = self._socket is None or self._socket.state() == QAbstractSocket.SocketState.UnconnectedState
        if self._wanted and lost and (not self._since_try.isValid() or self._since_try.elapsed() > _TRY_AGAIN):
            self._try()

    def open(self, kind, host, port):
        """Open a connection of our own, unless QGIS has one."""
        self._wanted = kind, host, port
        self._since_try.invalidate()
        self._let_go()
        self.watch()

    def close(self):
        """Let go of the connection, and want none."""
        self._wanted = None
        self._let_go()

    def _try(self):
        kind, host, port = self._wanted
        self._let_go()
        self._since_try.start()
        socket = QTcpSocket(self)
        self._socket = socket
        socket.connected.connect(lambda: self._connected(socket, kind))
        socket.connectToHost(host, port)

    def _connected(self, socket, kind):
        if socket is not self._socket:
            return
        if kind == GPSD:
            socket.write(_WATCH)
        socket.disconnected.connect(lambda: self._let_go() if socket is self._socket else None)
        self._own = QgsNmeaConnection(socket)
        self._follow(self._own)

    def _let_go(self):
        if self._connection is not None:
            try:
                self._connection.stateChanged.disconnect(self._told)
            except (TypeError, RuntimeError):
                self._connection = None  # QGIS has closed it already
        if self._own is not None:
            self._own.deleteLater()  # and its socket with it
        elif self._socket is not None:
            self._socket.deleteLater()
        self._connection = self._own = self._socket = None

    def _follow(self, connection):
        self._connection = connection
        connection.stateChanged.connect(self._told)

    def _told(self, information):
        longitude, latitude = information.longitude, information.latitude
        if not information.isValid() or not (math.isfinite(longitude) and math.isfinite(latitude)):
            return
        moment = information.utcDateTime
        # Receivers tell the date in some sentences only. The computer's clock is no substitute: two clocks mixed would
        # put fixes before fixes. Only a receiver's date far ahead is known to be wrong.
        if not moment.isValid() or moment > QDateTime.currentDateTimeUtc().addDays(1):
            return
        accuracy = information.hacc
        if not accuracy > 0:
            accuracy = information.hdop * _METRES_PER_HDOP if information.hdop > 0 else math.nan
        self.fix.emit(moment.toUTC().toString(Qt.DateFormat.ISODateWithMs), longitude, latitude, accuracy)
