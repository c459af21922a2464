#!/usr/bin/env bash
# Proves that wheels, codecs and native parts load on a Raspberry Pi's processor, and give the same words there: makes a
# Debian arm64 root, runs it by emulation, installs glasses into it as on a Pi, runs the core of the test suite (whole
# recordings with the real models), and compares transcript and answer with this machine's.
#
#   sudo scripts/aarch64.sh [bookworm|trixie] [FOLDER]
#
# Needs: root on Debian, apt install debootstrap qemu-user-static ffmpeg, `make demo` done, 6 GB in FOLDER
# (/var/tmp/glasses-RELEASE). It takes half an hour, and ten minutes to make the root. What was made in FOLDER is used
# again. What one step prints is in FOLDER/*.log.
set -euo pipefail
cd "$(dirname "$0")/.."

release=${1:-bookworm}
folder=${2:-/var/tmp/glasses-$release}
root=$folder/root
case $release in
  bookworm) python=3.11 glibc=36 ;;
  trixie) python=3.13 glibc=41 ;;
  *) echo "bookworm or trixie, not $release" >&2; exit 2 ;;
esac

# A whole session: speech, print and voice. Of two more only a picture and its question: things and codes.
session=shop-sign
pictures=("two-cups Where is the cup?" "qr-code What does this code say?")
# What else stands on native parts: the codecs that recordings are written with, voice, echo, wake words. Of the voice one
# test, which takes three minutes here.
tests=(
  tests/test_recordings_writer.py
  tests/test_piper.py::test_a_clause_comes_piece_by_piece_and_the_first_is_short
  tests/test_echo.py
  tests/test_wake.py
)

for tool in debootstrap qemu-aarch64-static ffmpeg; do
  command -v "$tool" >/dev/null || { echo "no $tool: sudo apt install debootstrap qemu-user-static ffmpeg" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "run it as root: it enters a root of its own" >&2; exit 1; }
mkdir -p "$folder"

# The kernel hands arm64 programs to the emulator; flag F (in the rule) makes that work inside another root, too.
binfmt=/proc/sys/fs/binfmt_misc
[ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
[ -e $binfmt/qemu-aarch64 ] || tr -d '\n' </usr/lib/binfmt.d/qemu-aarch64.conf >$binfmt/register

# The processor of a Raspberry Pi 4. By default the emulator has every extension there is, whose long vectors libraries
# then use: emulated they took more than ten times as long.
inside() {
  chroot "$root" /usr/bin/env -i QEMU_CPU=cortex-a72 PATH=/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 "$@"
}

step() {
  echo "$(date -u +%H:%M) $1"
}

if [ ! -e "$folder/root-made" ]; then
  step "making a Debian $release arm64 root"
  rm -rf "$root"
  debootstrap --arch=arm64 --foreign --variant=minbase "$release" "$root" http://deb.debian.org/debian >"$folder/root.log"
  inside /debootstrap/debootstrap --second-stage >>"$folder/root.log"
  touch "$folder/root-made"
fi

cp /etc/resolv.conf "$root/etc/resolv.conf"
# Not /sys: it tells of this machine's processor, and onnxruntime, which looks there, ends in a segmentation fault.
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
trap 'umount -l "$root/proc"' EXIT

step "system packages"
inside apt-get update -qq >"$folder/apt.log" 2>&1
inside DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  python3 python3-venv libportaudio2 libgl1 libglib2.0-0 libx11-6 flite espeak-ng >>"$folder/apt.log" 2>&1

step "wheels for aarch64, Python $python"
platforms=(--platform linux_aarch64 --platform manylinux2014_aarch64)
for minor in $(seq 17 $glibc); do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done
mkdir -p "$root/wheels"
pip=(.venv/bin/pip --quiet --disable-pip-version-check)
rm -f "$root"/wheels/glasses_companion-*
"${pip[@]}" wheel --no-deps --wheel-dir "$root/wheels" . 2>"$folder/wheels.log"
"${pip[@]}" download --only-binary=:all: "${platforms[@]}" --python-version "$python" --dest "$root/wheels" \
  pip 'pytest>=8.4' 'pytest-timeout>=2.4' '.[offline]' 2>>"$folder/wheels.log"

step "installing them there"
inside sh -c '[ -e /venv/bin/pip ] || python3 -m venv --system-site-packages /venv'
inside pip install --quiet --no-compile --no-index --find-links /wheels --upgrade --force-reinstall --no-deps \
  glasses-companion >"$folder/install.log" 2>&1
inside pip install --quiet --no-compile --no-index --find-links /wheels \
  'glasses-companion[offline]' 'pytest>=8.4' 'pytest-timeout>=2.4' >>"$folder/install.log" 2>&1
rm -rf "$root/glasses"
mkdir "$root/glasses"
git archive HEAD recordings tests benchmarks pyproject.toml README.md | tar -x -C "$root/glasses"

step "transcript and answer"
failed=0
words='
import json, sys
for line in sys.stdin:
    event = json.loads(line)
    if event.get("kind") in ("heard", "answered"):
        print(event["kind"] + ":", event["data"]["text"])
    elif "text" in event:
        print("answered:", event["text"])
'
# compare NAME ARGUMENT...: whether glasses says the same here and there.
compare() {
  local name=$1
  shift
  .venv/bin/glasses "$@" 2>"$folder/here-$name.log" | python3 -c "$words" >"$folder/here-$name.txt"
  # shellcheck disable=SC2016  # $@ is for the shell inside
  inside sh -c 'cd /glasses && glasses "$@"' sh "$@" 2>"$folder/there-$name.log" |
    python3 -c "$words" >"$folder/there-$name.txt"
  if diff -u "$folder/here-$name.txt" "$folder/there-$name.txt"; then
    step "  $name: the same on both"
    sed 's/^/           /' "$folder/there-$name.txt"
  else
    failed=1
  fi
}
mkdir -p out/aarch64 "$root/glasses/out"
for asked in "${pictures[@]}"; do
  name=${asked%% *}
  ffmpeg -v error -y -ss 3 -i "recordings/$name/session.mkv" -frames:v 1 "out/aarch64/$name.png"
  cp -r out/aarch64 "$root/glasses/out"
  compare "$name" ask "out/aarch64/$name.png" "${asked#* }" --backend ondevice --json
done
compare "$session" replay "recordings/$session" --backend ondevice --costs fixed --json

step "tests"
# shellcheck disable=SC2016
inside sh -c 'cd /glasses && python -m pytest -p no:cacheprovider -o timeout=0 -rs "$@"' sh "${tests[@]}" |
  tee "$folder/tests.log" || failed=1

step "$(inside uname -m), $(inside python --version), Debian $(cat "$root/etc/debian_version"): $([ $failed = 0 ] && echo passed || echo FAILED)"
exit $failed
