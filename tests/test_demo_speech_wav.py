"""The reader of demos/speech_wav.py: the right samples, or an error with the name."""

import struct
import warnings
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from demos import speech_wav as demo
from demos.speech_features import FILTERS, features
from demos.speech_synthesis import RATE, speak
from demos.speech_vowels import mean_speaker

VOICE = speak(mean_speaker(1), 3, np.random.default_rng(0), 0.3, 30.0)
VOICE /= 1.1 * np.abs(VOICE).max()


def bytes_of(samples, rate=RATE):
    content = BytesIO()
    wavfile.write(content, rate, samples)
    return content.getvalue()


def tone(rate, hertz=500.0, seconds=0.5):
    return np.sin(2.0 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


WHOLE = bytes_of((32767 * VOICE[:2000]).astype(np.int16))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("wav") / "mine.wav"


# ---- what is read -------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_kinds_and_channels_sound_the_same(kind, channels, place):
    full = 32767 if kind is np.int16 else 1
    samples = np.stack(channels * [full * VOICE], axis=1).astype(kind)
    place.write_bytes(bytes_of(samples[:, 0] if channels == 1 else samples))
    heard = demo.read(place)
    assert heard.shape == VOICE.shape
    scaled = VOICE - VOICE.mean()
    scaled /= np.abs(VOICE).max()
    assert heard == pytest.approx(scaled, abs=1e-4)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 44101, 48000, 192000])
def test_any_rate_gives_the_same_tone(rate, place):
    place.write_bytes(bytes_of(tone(rate).astype(np.float32), rate))
    heard = demo.read(place)
    assert len(heard) == pytest.approx(0.3 * RATE, abs=2)
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    peak = np.fft.rfftfreq(len(heard), 1.0 / RATE)[power.argmax()]
    assert peak == pytest.approx(500.0, abs=4.0)
    middle = heard[1000:-1000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(np.sqrt(0.5), rel=0.02)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_vowel_has_the_same_features_at_any_rate(rate, place):
    from scipy.signal import resample_poly

    other = resample_poly(VOICE, rate // 100, RATE // 100)
    place.write_bytes(bytes_of(0.2 * other, rate))
    difference = features(demo.read(place)) - features(VOICE)
    # The last bands end at 4,000 Hz, all that 8,000 samples a second can carry.
    assert np.abs(difference[:-2]).max() < 0.25


def test_what_wav_writes_is_read_back(place):
    place.write_bytes(demo.wav(7.0 * VOICE))
    heard = demo.read(place)
    assert heard == pytest.approx(
        (VOICE - VOICE.mean()) / np.abs(VOICE).max(), abs=1e-4
    )


def test_the_vowel_is_found_in_a_long_recording(place):
    hiss = 0.01 * np.random.default_rng(1).standard_normal(3 * RATE)
    start = 20_000
    hiss[start : start + len(VOICE)] += VOICE
    place.write_bytes(bytes_of(hiss))
    difference = features(demo.read(place)) - features(VOICE)
    assert np.abs(difference).max() < 0.5


def test_chunks_that_are_not_sound_are_passed_over(place):
    note = b"note" + struct.pack("<I", 6) + b"a song"
    content = bytearray(WHOLE[:12] + note + WHOLE[12:])
    content[4:8] = struct.pack("<I", len(content) - 8)
    place.write_bytes(WHOLE)
    plain = demo.read(place)
    place.write_bytes(content)
    assert (demo.read(place) == plain).all()


# ---- what is not --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"RIFF", "not a WAV file that can be read"),
        (b"\x00" * 1000, "not a WAV file that can be read"),
        (WHOLE[:40], "not a WAV file that can be read"),
        (bytes_of(np.full(4000, 200, np.uint8)), "8-bit samples; expected 16-bit"),
        (bytes_of(np.full(4000, 200, np.int32)), "24- or 32-bit samples"),
        (bytes_of(np.full(4000, 200, np.int64)), "64-bit samples"),
        (bytes_of(np.zeros(4000, np.int16)), "the recording is silent"),
        (bytes_of(np.full(4000, 9000, np.int16)), "the recording is silent"),
        (bytes_of(np.outer(VOICE, [1.0, -1.0])), "the recording is silent"),
        (bytes_of(VOICE[:1000]), "the sound is 0.062 s long"),
        (bytes_of(np.where(VOICE > 0.5, np.nan, VOICE)), "not a finite number"),
        (bytes_of(np.where(VOICE > 0.5, np.inf, VOICE)), "not a finite number"),
        (bytes_of(VOICE, 7999), "7,999 samples a second; expected 8,000 to 192,000"),
        (bytes_of(VOICE, 2**28), "268,435,456 samples a second"),
    ],
)
def test_other_files_are_errors_that_say_what_is_wrong(content, says, place):
    place.write_bytes(content)
    with pytest.raises(demo.RecordingError) as error:
        demo.read(place)
    assert str(error.value).startswith(f"{place}: ")
    assert says in str(error.value)


def test_mu_law_is_named(place):
    content = bytearray(WHOLE)
    content[20:22] = struct.pack("<H", 7)
    place.write_bytes(content)
    with pytest.raises(demo.RecordingError, match="MULAW"):
        demo.read(place)


def test_extreme_floats_are_read(place):
    place.write_bytes(bytes_of(np.stack([1e308 * VOICE, 1e308 * VOICE], axis=1)))
    assert np.isfinite(features(demo.read(place))).all()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.wav", "there is no such file"),
        (".", "there is no such file"),
        ("x" * 300, "File name too long"),
        ("zero\0byte", "there is no such file"),
    ],
)
def test_paths_that_are_no_file(name, says, tmp_path):
    with pytest.raises(demo.RecordingError, match=says):
        demo.read(tmp_path / name)


def test_a_file_that_is_too_large_is_not_loaded(place, monkeypatch):
    monkeypatch.setattr(demo, "LARGEST", 1000)
    place.write_bytes(WHOLE)
    with pytest.raises(demo.RecordingError, match="larger than 1,000 bytes"):
        demo.read(place)


def test_a_file_that_may_not_be_read(place, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    place.write_bytes(WHOLE)
    monkeypatch.setattr(demo.Path, "read_bytes", refuse)
    with pytest.raises(demo.RecordingError, match="Permission denied"):
        demo.read(place)


# ---- damaged files ------------------------------------------------------------------

quick = settings(
    max_examples=300,
    deadline=5000,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def judged(place, content):
    """Read the bytes as a file: features, or None for an error that names the file."""
    place.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = features(demo.read(place))
        except demo.RecordingError as error:
            message = str(error)
            found = None
    if found is None:
        assert message.startswith(f"{place}: ")
        assert len(message) < 1000
        assert message.isprintable()
        return None
    assert found.shape == (FILTERS,)
    assert np.isfinite(found).all()
    return found


@quick
@given(st.binary(max_size=200), st.sampled_from([0, 4, 12, 16, 20, 36, 40, 44]))
def test_any_bytes_after_any_part_of_a_header(place, tail, kept):
    judged(place, WHOLE[:kept] + tail)


@quick
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), min_size=1, max_size=6)
)
@example([(22, 0), (23, 0)])  # no channels
@example([(32, 0), (33, 0)])  # samples of no bytes
@example([(24, 255), (25, 255), (26, 255), (27, 255)])  # a rate of 4 billion
@example([(40, 255), (41, 255), (42, 255), (43, 255)])  # a size of 4 billion bytes
@example([(4, 0), (5, 0), (6, 0), (7, 0)])  # a file of 8 bytes, it says
@example([(0, ord("R")), (1, ord("F")), (2, ord("6")), (3, ord("4"))])
@example([(3, ord("X"))])  # numbers the other way round
def test_damaged_headers(place, damage):
    content = bytearray(WHOLE)
    for where, byte in damage:
        content[where] = byte
    judged(place, bytes(content))


@quick
@given(st.integers(0, len(WHOLE)))
def test_a_file_that_breaks_off(place, length):
    found = judged(place, WHOLE[:length])
    if found is not None:  # half a second is as good as a whole one
        whole = judged(place, WHOLE)
        assert np.abs(found - whole).max() < 1.5


@quick
@given(st.binary(min_size=8, max_size=40), st.sampled_from([np.int16, "<f4", "<f8"]))
@example(struct.pack("<Q", 0x7FF0000000000001), "<f8")  # a NaN that signals
@example(struct.pack("<II", 0x7F800001, 0), "<f4")
def test_any_samples(place, noise, kind):
    count = len(noise) // 8 * 8
    samples = np.frombuffer(noise[:count] * (16_000 // count), kind)
    judged(place, bytes_of(samples, 8000))
