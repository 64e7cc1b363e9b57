package org.cupule.hw.cpu.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.cpu.oracle.Sample.Mode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random code on the model and on the host's processor. How much is set by the system properties
 * {@code cupule.oracle.samples} (for each kind, default 5000) and {@code cupule.oracle.seed}.
 */
@DisplayName("The processor model agrees with the host's processor")
class ModelAgainstHostTest {
    private static final int SAMPLES = Integer.getInteger("cupule.oracle.samples", 5_000);
    private static final long SEED = Long.getLong("cupule.oracle.seed", 1);
    private static final int BATCH = 20_000;
    private static final int SHOWN = 5;

    @TempDir
    Path folder;

    @ParameterizedTest(name = "in single {0} instructions")
    @EnumSource(Mode.class)
    void inSingleInstructions(Mode mode) {
        var generator = new Generator(SEED, mode);
        assertThat(disagreements(Stream.generate(generator::single))).isEmpty();
    }

    @ParameterizedTest(name = "in {0} sequences")
    @EnumSource(Mode.class)
    void inSequences(Mode mode) {
        var generator = new Generator(SEED, mode);
        assertThat(disagreements(Stream.generate(generator::sequence))).isEmpty();
    }

    @ParameterizedTest(name = "in single MMX and SSE integer {0} instructions")
    @EnumSource(Mode.class)
    void inPackedIntegers(Mode mode) {
        var generator = new Generator(SEED, mode, SimdForms.integers());
        assertThat(disagreements(Stream.generate(generator::single))).isEmpty();
    }

    @ParameterizedTest(name = "in {0} sequences with MMX and SSE")
    @EnumSource(Mode.class)
    void inSequencesOfPackedNumbers(Mode mode) {
        var generator = new Generator(SEED, mode, SimdForms.forSequences());
        assertThat(disagreements(Stream.generate(generator::sequence))).isEmpty();
    }

    @ParameterizedTest(name = "in single SSE floating-point {0} instructions")
    @EnumSource(Mode.class)
    void inPackedNumbers(Mode mode) {
        var generator = new Generator(SEED, mode, SimdForms.floats());
        assertThat(disagreements(Stream.generate(generator::single))).isEmpty();
    }

    @ParameterizedTest(name = "in single {0} instructions of the FPU")
    @EnumSource(Mode.class)
    void inNumbersOfTheFpu(Mode mode) {
        var generator = new Generator(SEED, mode, FpuForms.all());
        assertThat(disagreements(Stream.generate(generator::single))).isEmpty();
    }

    private List<String> disagreements(Stream<Sample> samples) {
        HostOracleTest.assumeHost();
        var oracle = HostOracle.compile(HostOracleTest.SOURCE, folder);
        byte[] image = UserMemory.image(new SplittableRandom(SEED));
        var model = new SimulatedUser(new InterpretedCpuFactory(), image, Long.MAX_VALUE);
        var found = new ArrayList<String>();
        var iterator = samples.iterator();
        for (int done = 0; done < SAMPLES && found.size() < SHOWN; done += BATCH) {
            List<Sample> batch = Stream.generate(iterator::next).limit(Math.min(BATCH, SAMPLES - done)).toList();
            compare(batch, oracle.run(image, batch), model, found);
        }
        return found.subList(0, Math.min(SHOWN, found.size()));
    }

    private static void compare(List<Sample> batch, List<Outcome> host, SimulatedUser model, List<String> found) {
        for (int i = 0; i < batch.size(); i++) {
            Outcome outcome = model.run(batch.get(i));
            String differences = Comparison.differences(batch.get(i), host.get(i), outcome);
            if (!differences.isEmpty()) {
                found.add("%s%nHOST %s%nMODEL %s%nDIFFERENCES %s%n".formatted(batch.get(i), host.get(i), outcome,
                        differences));
            }
        }
    }
}
