package org.cupule.hw.cpu.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.cpu.oracle.Sample.Mode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No two processors give the same last bit: here it may differ by the unit that the manual allows. */
@DisplayName("Transcendental functions")
class TranscendentalsTest {
    private static final int SAMPLES = 4_000;
    private static final int HLT = 13;

    @TempDir
    Path folder;

    @Test
    void agreeWithTheHostsProcessorToTheLastUnit() {
        HostOracleTest.assumeHost();
        var oracle = HostOracle.compile(HostOracleTest.SOURCE, folder);
        byte[] image = UserMemory.image(new SplittableRandom(1));
        var model = new SimulatedUser(new InterpretedCpuFactory(), image, Long.MAX_VALUE);
        var generator = new Generator(1, Mode.LONG, FpuForms.transcendentals());
        List<Sample> samples = Stream.generate(generator::single).filter(TranscendentalsTest::defined).limit(SAMPLES)
                .toList();
        List<Outcome> host = oracle.run(image, samples);
        assertThat(IntStream.range(0, SAMPLES).filter(i -> host.get(i).trap() == HLT)
                .filter(i -> !near(host.get(i), model.run(samples.get(i)))).mapToObj(samples::get)).isEmpty();
    }

    /** F2XM1 and FYL2XP1 have arguments that they are not defined for. */
    private static boolean defined(Sample sample) {
        boolean limited = sample.form().startsWith("D9 F0") || sample.form().startsWith("D9 F9");
        int exponent = sample.state().fx.high(0) & 0x7FFF;
        return !limited || exponent < 0x3FFD;
    }

    private static boolean near(Outcome host, Outcome model) {
        FxImage a = host.state().fx;
        FxImage b = model.state().fx;
        int unknown = 0x4320; // C3, C1, C0, and whether the result was inexact
        return (a.status() & ~unknown) == (b.status() & ~unknown) && a.tags() == b.tags()
                && IntStream.range(0, 8).allMatch(i -> distance(a, b, i) <= 1);
    }

    private static long distance(FxImage a, FxImage b, int i) {
        long exponents = Math.abs((long) a.high(i) - b.high(i));
        long fractions = Math.abs(a.fraction(i) - b.fraction(i));
        boolean overTheEdge = exponents == 1 && (a.fraction(i) == Long.MIN_VALUE || b.fraction(i) == Long.MIN_VALUE);
        return overTheEdge ? 1 : exponents * 2 + fractions;
    }
}
