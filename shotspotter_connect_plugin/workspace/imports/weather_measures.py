"""Weather measures: under which name each is stored, what agencies call it, and its units."""
from __future__ import annotations

from dataclasses import dataclass

from .column_names import plain


@dataclass(frozen=True)
class Measure:
    """A weather measure: the name it is stored under, names of columns, and factor and offset of each unit.

    A column may name its unit behind its name (``temp_f``). ``summed`` over the hours of a day, else averaged.
    """

    name: str
    stems: str
    units: dict[str, tuple[float, float]]
    summed: bool = False

    @property
    def words(self) -> str:
        """Names of columns, alone and with each unit."""
        return " ".join(stem + unit for stem in self.stems.split() for unit in ("", *self.units))

    def conversion(self, column: str) -> tuple[float, float]:
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
