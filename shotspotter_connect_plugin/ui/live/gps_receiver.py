"""Fixes from the GPS connection that QGIS has open; one of our own only where there is none."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qgis.core import QgsApplication, QgsNmeaConnection
from qgis.PyQt.QtCore import QDateTime, QElapsedTimer, QIODevice, QObject, Qt, pyqtSignal
from qgis.PyQt.QtNetwork import QAbstractSocket, QTcpSocket

from ...errors import ConnectError

if TYPE_CHECKING:
    from qgis.core import QgsGpsConnection, QgsGpsInformation

GPSD, NMEA, SERIAL = "gpsd", "NMEA over TCP", "Serial port"
USUAL = {GPSD: "localhost:2947", NMEA: "localhost:10110", SERIAL: "/dev/ttyACM0"}
"""Where each is found as a rule; a serial port is called COM3 or so on Windows."""

_WATCH = b'?WATCH={"enable":true,"nmea":true};\n'
"""Asks gpsd for NMEA; QGIS's own class for gpsd takes no port above 32767."""
TRY_AGAIN_MS = 3000
"""Milliseconds."""
_SPEEDS = (4800, 9600, 38400, 115200)
"""Baud, tried in turn until a sentence arrives; receivers on USB do not care."""
_METRES_PER_HDOP = 5.0
"""As imports of GPS files take it."""


def receiver_address(kind: str, text: str) -> tuple[str, int] | tuple[str]:
    """An address of its kind: (host, port), or the name of a serial port.

    Raises
    ------
    ConnectError
        When it is none.
    """
    text = text.strip()
    if kind == SERIAL:
        if not text:
            raise ConnectError("Write the name of the serial port, as in COM3 or /dev/ttyACM0.")
        return (text,)
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConnectError(f"Write the address as host:port, as in {USUAL[kind]}.")
    return host, int(port)


def _serial_port() -> Any:
    """Qt's class for serial ports, which not every QGIS brings."""
    try:
        from qgis.PyQt.QtSerialPort import QSerialPort
    except ImportError as error:
        raise ConnectError("This QGIS reads no serial port here; connect the receiver in QGIS's GPS panel.",
                           str(error)) from error
    return QSerialPort


class GpsSource(QObject):
    """Gives ``fix(ISO text of the instant in UTC, longitude, latitude, accuracy in metres or NaN)``."""

    _device: QIODevice | None
    _wanted: tuple[str, tuple[str, int] | tuple[str]] | None
    fix = pyqtSignal(str, float, float, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection = self._own = self._device = self._wanted = None
        self._heard, self._tried = False, 0
        self._since_try = QElapsedTimer()

    @property
    def name(self) -> str:
        """Where fixes come from, or ""."""
        if self._connection is None or (self._connection is self._own and not self._heard):
            return ""
        return self._wanted_name if self._connection is self._own else "GPS of QGIS"

    @property
    def trying(self) -> str:
        """Where a connection of our own is being tried, or ""."""
        return "" if self._wanted is None or self.name else self._wanted_name

    @property
    def _wanted_name(self) -> str:
        kind, address = self._wanted
        return f"{kind} {':'.join(map(str, address))}"

    def watch(self) -> None:
        """Follow the connection that QGIS has open, if any; ours gives way to it, and is tried again when lost."""
        open_now = QgsApplication.gpsConnectionRegistry().connectionList()
        if open_now:
            if self._connection is not open_now[0]:
                self._let_go()
                self._follow(open_now[0])
            return
        if self._connection is not self._own:
            self._connection = None
        if self._wanted and not self._alive() and (
                not self._since_try.isValid() or self._since_try.elapsed() > TRY_AGAIN_MS):
            self._try()

    def open(self, kind: str, text: str) -> None:
        """Open a connection of our own, unless QGIS has one; ConnectError where the address is none."""
        address = receiver_address(kind, text)
        if kind == SERIAL:
            _serial_port()
        self._wanted = kind, address
        self._since_try.invalidate()
        self._tried = 0
        self._let_go()
        self.watch()

    def close(self) -> None:
        """Let go of the connection, and want none."""
        self._wanted = None
        self._let_go()

    def _alive(self) -> bool:
        """Whether our device is open and has said something, or has not had the time to."""
        if isinstance(self._device, QTcpSocket):
            return self._device.state() != QAbstractSocket.SocketState.UnconnectedState
        return self._device is not None and self._device.isOpen() and self._heard

    def _try(self) -> None:
        self._let_go()
        self._since_try.start()
        kind, address = self._wanted
        if kind == SERIAL:
            self._open_serial(*address)
            return
        socket = QTcpSocket(self)
        self._device = socket
        socket.connected.connect(lambda: self._connected(socket, kind))
        socket.connectToHost(*address)

    def _open_serial(self, name: str) -> None:
        kind = _serial_port()
        port = kind(name, self)
        port.setBaudRate(_SPEEDS[self._tried % len(_SPEEDS)])
        self._tried += 1
        if not port.open(QIODevice.OpenModeFlag.ReadOnly):
            port.deleteLater()
            return
        self._device = port
        port.errorOccurred.connect(
            lambda error: self._lost(port) if error == kind.SerialPortError.ResourceError else None)  # pulled out
        self._own = QgsNmeaConnection(port)
        self._follow(self._own)

    def _connected(self, socket: QTcpSocket, kind: str) -> None:
        if socket is not self._device:
            return
        if kind == GPSD:
            socket.write(_WATCH)
        socket.disconnected.connect(lambda: self._lost(socket))
        self._own = QgsNmeaConnection(socket)
        self._heard = True
        self._follow(self._own)

    def _lost(self, device: QIODevice) -> None:
        if device is self._device:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            try:
                self._connection.stateChanged.disconnect(self._told)
            except (TypeError, RuntimeError):
                self._connection = None  # QGIS has closed it already
        if self._own is not None:
            self._own.deleteLater()  # and its device with it
        elif self._device is not None:
            self._device.deleteLater()
        self._connection = self._own = self._device = None
        self._heard = False

    def _follow(self, connection: QgsGpsConnection) -> None:
        self._connection = connection
        connection.stateChanged.connect(self._told)

    def _told(self, information: QgsGpsInformation) -> None:
        self._heard = True
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
