"""The voices of demos/speech: formants lie where they are put, bands where they say."""

import numpy as np
import pytest
from scipy.signal import find_peaks, freqz_sos

from demos import speech_features as hearing
from demos import speech_synthesis as synthesis
from demos import speech_vowels as vowels
from demos.speech_synthesis import RATE

GROUPS = range(len(vowels.GROUPS))
ALL = [(g, v) for g in GROUPS for v in range(len(vowels.WORDS))]


# ---- the figures --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "group", "hertz"),
    [
        # Peterson and Barney (1952), table II: the corners of the vowels, and heard.
        ("heed", 0, (136, 270, 2290, 3010)),
        ("heed", 1, (235, 310, 2790, 3310)),
        ("heed", 2, (272, 370, 3200, 3730)),
        ("had", 0, (127, 660, 1720, 2410)),
        ("had", 2, (251, 1010, 2320, 3320)),
        ("hod", 0, (124, 730, 1090, 2440)),
        ("who'd", 0, (141, 300, 870, 2240)),
        ("who'd", 2, (274, 430, 1170, 3260)),
        ("heard", 0, (133, 490, 1350, 1690)),
    ],
)
def test_figures_are_the_published_ones(word, group, hertz):
    assert tuple(vowels.MEANS[vowels.WORDS.index(word), group]) == hertz


def test_figures_are_plausible_everywhere():
    assert vowels.MEANS.shape == (10, 3, 4)
    assert (np.diff(vowels.MEANS, axis=2) > 0).all()  # F0 < F1 < F2 < F3
    assert (np.diff(vowels.MEANS[..., 0], axis=1) > 0).all()  # children speak highest
    ratio = vowels.MEANS[..., 3].mean(axis=0) / vowels.MEANS[..., 3].mean(axis=0)[0]
    assert ratio == pytest.approx(synthesis.SHORTER, abs=0.01)


def test_speakers_spread_about_the_means_by_what_is_said():
    rng = np.random.default_rng(0)
    speakers = [vowels.draw_speaker(1, rng) for _ in range(400)]
    logs = np.log([s.formants(0) for s in speakers] / vowels.MEANS[0, 1, 1:])
    assert logs.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.015)
    spread = np.hypot(vowels.TRACT, vowels.HABIT)
    assert logs.std(axis=0) == pytest.approx(3 * [spread], rel=0.15)
    pitches = np.log([s.fundamental(0) for s in speakers]) - np.log(235.0)
    assert pitches.std() == pytest.approx(vowels.PITCH, rel=0.15)


# ---- the filter and the source ------------------------------------------------------


@pytest.mark.parametrize(("group", "vowel"), ALL)
def test_resonances_lie_where_they_are_put(group, vowel):
    formants = vowels.mean_speaker(group).formants(vowel)
    w, response = freqz_sos(synthesis.tract([*formants]), worN=2**14, fs=RATE)
    peaks = w[find_peaks(np.abs(response))[0]]
    assert peaks == pytest.approx(formants, rel=0.03)


@pytest.mark.parametrize("formant", [270.0, 1000.0, 3730.0])
def test_a_resonator_has_its_bandwidth_and_passes_a_constant(formant):
    sections = synthesis.tract([formant])
    w, response = freqz_sos(sections, worN=2**16, fs=RATE)
    power = np.abs(response) ** 2
    loud = w[power > power.max() / 2.0]  # within 3 dB
    assert loud[-1] - loud[0] == pytest.approx(50.0, rel=0.05)
    assert power[0] == pytest.approx(1.0)


def test_a_formant_above_half_the_rate_is_left_out():
    assert len(synthesis.tract([500.0, 9000.0])) == 1


@pytest.mark.parametrize(("group", "vowel"), ALL)
def test_formants_of_a_spoken_vowel_lie_where_they_were_put(group, vowel, monkeypatch):
    # A voice so low and even that its harmonics show the whole envelope.
    monkeypatch.setattr(synthesis, "JITTER", 0.0)
    monkeypatch.setattr(synthesis, "SHIMMER", 0.0)
    monkeypatch.setattr(synthesis, "GLIDE", 0.0)
    monkeypatch.setattr(vowels.Speaker, "fundamental", lambda self, vowel: 20.0)
    rng, speaker = np.random.default_rng(0), vowels.mean_speaker(group)
    samples = synthesis.speak(speaker, vowel, rng, seconds=2.0, snr=90.0)
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1.0 / RATE)
    width = np.exp(-0.5 * (np.arange(-160, 161) / 60.0) ** 2)  # 30 Hz, smoother
    envelope = np.log(np.convolve(power, width, "same"))
    peaks = hertz[find_peaks(envelope, prominence=0.1)[0]]
    for formant in speaker.formants(vowel):
        assert np.abs(peaks - formant).min() < max(40.0, 0.05 * formant)


def test_pulses_come_as_often_as_the_fundamental_says():
    rng = np.random.default_rng(1)
    flow = synthesis.glottal_flow(120.0, 1.0, 0.6, rng)
    assert len(flow) == RATE
    assert flow.min() == 0.0
    assert np.mean(flow == 0.0) == pytest.approx(0.4, abs=0.02)  # the glottis is shut
    assert 0.7 < flow.max() < 1.3
    closures = np.flatnonzero((flow[1:] == 0.0) & (flow[:-1] > 0.0))
    assert len(closures) == pytest.approx(120, abs=2)
    assert np.diff(closures).std() > 0.2  # jitter and glide, in samples


def test_the_rosenberg_pulse_rises_longer_than_it_falls(monkeypatch):
    for name in ("JITTER", "SHIMMER", "GLIDE"):
        monkeypatch.setattr(synthesis, name, 0.0)
    flow = synthesis.glottal_flow(100.0, 0.1, 0.56, np.random.default_rng(0))
    period = RATE // 100
    slopes = np.diff(flow[: 2 * period + 1])
    assert (slopes > 0).sum() / 2 == pytest.approx(0.40 * period, abs=2)
    assert (slopes < 0).sum() / 2 == pytest.approx(0.16 * period, abs=2)
    assert flow.max() == pytest.approx(1.0, abs=0.01)


def test_a_token_has_mean_square_1_and_noise_as_said():
    speaker = vowels.mean_speaker(0)
    loud, clean = (
        synthesis.speak(speaker, 0, np.random.default_rng(2), 0.5, snr)
        for snr in (0.0, 200.0)
    )
    assert np.mean(loud**2) == pytest.approx(1.0)
    noise = loud * np.sqrt(2.0) - clean  # as loud as the voice
    assert np.mean(noise**2) == pytest.approx(1.0, rel=0.1)
    short = synthesis.speak(speaker, 0, np.random.default_rng(2), 0.15, 20.0)
    assert len(short) == round(0.15 * RATE)


def test_same_generator_same_token():
    rngs = [np.random.default_rng((3, 4)) for _ in range(2)]
    first, second = (
        synthesis.speak(vowels.draw_speaker(2, rng), 5, rng) for rng in rngs
    )
    assert (first == second).all()


# ---- the filter bank ----------------------------------------------------------------


def test_filters_are_triangles_that_add_up_to_one_between_the_tops():
    bank = hearing.filter_bank()
    assert bank.shape == (hearing.FILTERS, hearing.FFT // 2 + 1)
    assert (bank >= 0.0).all()
    tops = bank.argmax(axis=1)
    assert (np.diff(tops) > 0).all()
    assert bank.sum(axis=0)[tops[0] + 1 : tops[-1]] == pytest.approx(1.0)
    hertz = np.fft.rfftfreq(hearing.FFT, 1.0 / RATE)
    assert (bank[:, (hertz <= 80.0) | (hertz >= 4000.0)] == 0.0).all()


@pytest.mark.parametrize("hertz", [200.0, 440.0, 1000.0, 3500.0])
def test_a_tone_is_heard_in_its_band(hertz):
    tone = np.sin(2.0 * np.pi * hertz * np.arange(RATE // 4) / RATE)
    heard = int(hearing.features(tone).argmax())
    low, high = hearing.mel(np.array([hearing.LOWEST, hearing.HIGHEST]))
    step = (high - low) / (hearing.FILTERS + 1)
    (at,) = hearing.mel(np.array([hertz]))
    assert abs((at - low) / step - (heard + 1)) <= 0.6


def test_loudness_and_length_do_not_change_what_is_heard():
    rng = np.random.default_rng(0)
    samples = synthesis.speak(vowels.mean_speaker(0), 0, rng, 0.4, 30.0)
    heard = hearing.features(samples)
    assert hearing.features(1e-3 * samples) == pytest.approx(heard)
    assert heard.mean() == pytest.approx(0.0, abs=1e-12)
    silence = np.zeros(RATE // 2)
    padded = hearing.features(np.concatenate([silence, samples, silence]))
    assert padded == pytest.approx(heard, abs=0.1)


def test_the_spectrogram_obeys_parseval():
    samples = np.random.default_rng(0).standard_normal(1000)
    power = hearing.spectrogram(samples)
    assert power.shape == (4, hearing.FFT // 2 + 1)  # starts at 0, 160, 320, 480
    windowed = samples[160 : 160 + hearing.FRAME] * np.hanning(hearing.FRAME)
    both = 2.0 * power[1].sum() - power[1][0] - power[1][-1]
    assert both / hearing.FFT == pytest.approx((windowed**2).sum())
