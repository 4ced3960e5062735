#!/usr/bin/env bash
# Installs what is missing on Debian 12 (QGIS 3.40 from backports) and on Debian 13 (QGIS 3.40 of the release), with
# Debian's Python packages. Quick when all is there.
# With the argument "tests" also what only the tests need: a GPS service, a program that feeds it, and pyproj to compare with.
set -euo pipefail

readonly QGIS_PACKAGES=(qgis python3-qgis qgis-providers)
readonly PACKAGES=(
    python3-numpy python3-scipy python3-pandas python3-sklearn python3-shapely python3-gdal
    python3-openpyxl python3-reportlab python3-venv pyqt5-dev-tools
    xvfb xauth fonts-open-sans fonts-dejavu-core poppler-utils
)
readonly TEST_PACKAGES=(gpsd gpsd-clients python3-pyproj)
# reportlab's drawings load a module that Debian 12 packs apart; from Debian 13 on python3-reportlab holds it.
readonly BOOKWORM_PACKAGES=(python3-renderpm)
readonly BACKPORTS=/etc/apt/sources.list.d/shotspotter-connect-backports

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

# Codename of the Debian release; empty on another system.
release_name() { (. /etc/os-release; [ "${ID:-}" = debian ] && printf '%s' "${VERSION_CODENAME:-}") || true; }

qgis_is_enough() {
    local package
    for package in "${QGIS_PACKAGES[@]}"; do
        installed "$package" || return 1
    done
    dpkg --compare-versions "$(dpkg-query -W -f '${Version}' python3-qgis)" ge 3.40
}

missing_packages() {
    local package release=()
    [ "$(release_name)" = bookworm ] && release=("${BOOKWORM_PACKAGES[@]}")
    for package in "${PACKAGES[@]}" "${release[@]}" "$@"; do
        installed "$package" || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    elif command -v sudo >/dev/null; then
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        fail "Packages are missing; run this as root, or install sudo."
    fi
}

# One line or several lines of "deb ... bookworm ... main", or a deb822 stanza: the machine's own source of the Debian
# archive, so that mirrors, proxies and snapshots stay as they are.
add_backports() {
    if apt-cache policy 2>/dev/null | grep -q 'n=bookworm-backports'; then
        return
    fi
    local file stanza line
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] || continue
        stanza=$(awk -v RS= '/(^|\n)Suites:[^\n]*[ \t]bookworm([ \t\n]|$)/ && /(^|\n)Components:[^\n]*[ \t]main([ \t\n]|$)/ {
            print; exit }' "$file")
        if [ -n "$stanza" ]; then
            say "Adding bookworm-backports, from $file"
            sed -E 's/^Suites:.*/Suites: bookworm-backports/' <<<"$stanza" | as_root tee "$BACKPORTS.sources" >/dev/null
            return
        fi
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] || continue
        line=$(grep -E '^[[:space:]]*deb[[:space:]].*[[:space:]]bookworm[[:space:]]+(.*[[:space:]])?main([[:space:]]|$)' "$file" | head -n 1 || true)
        if [ -n "$line" ]; then
            say "Adding bookworm-backports, from $file"
            sed -E 's/[[:space:]]bookworm[[:space:]]/ bookworm-backports /' <<<"$line" | as_root tee "$BACKPORTS.list" >/dev/null
            return
        fi
    done
    fail "No source of the Debian archive for bookworm was found in /etc/apt; add bookworm-backports by hand and run this again."
}

main() {
    local missing
    command -v dpkg-query >/dev/null || fail "This installs on Debian 12 and 13 only. On other systems install QGIS 3.40 or newer and \
the Python libraries numpy, pandas, shapely, GDAL, scipy and scikit-learn for the Python that QGIS uses."
    if [ "${1:-}" = tests ]; then
        missing=$(missing_packages "${TEST_PACKAGES[@]}")
    else
        missing=$(missing_packages)
    fi
    if qgis_is_enough && [ -z "$missing" ]; then
        return
    fi
    local qgis_from=()
    case "$(release_name)" in
        bookworm) qgis_from=(-t bookworm-backports); qgis_is_enough || add_backports ;;
        trixie) ;;
        *) fail "Missing: $(qgis_is_enough || printf 'QGIS 3.40 or newer, ')${missing}- this script installs on Debian 12 (bookworm) \
and Debian 13 (trixie) only; this is $(. /etc/os-release; printf '%s' "${PRETTY_NAME:-another system}"). Install them by \
hand and run this again." ;;
    esac
    say "Installing what is missing; the first time this takes some minutes."
    as_root apt-get update -q
    if ! qgis_is_enough; then
        as_root apt-get install -y -q --no-install-recommends "${qgis_from[@]}" "${QGIS_PACKAGES[@]}"
    fi
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086  # a list of words
        as_root apt-get install -y -q --no-install-recommends $missing
    fi
}

main "$@"
