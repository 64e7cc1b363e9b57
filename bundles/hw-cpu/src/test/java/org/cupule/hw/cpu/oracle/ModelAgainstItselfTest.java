package org.cupule.hw.cpu.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.cupule.hardware.CpuFactory;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.cpu.SingleStepCpuFactory;
import org.cupule.hw.cpu.oracle.Sample.Mode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random code on two ways to run the same model. No flag is undefined here: everything must be equal. */
@DisplayName("Blocks change nothing")
class ModelAgainstItselfTest {
    private static final int SAMPLES = 3_000;
    private static final long SEED = 7;

    @ParameterizedTest(name = "{0}: blocks of one instruction end in the same state")
    @EnumSource(Mode.class)
    void blocksOfOneInstructionEndInTheSameState(Mode mode) {
        assertSame(mode, new InterpretedCpuFactory(), Long.MAX_VALUE, new SingleStepCpuFactory(), Long.MAX_VALUE);
    }

    @ParameterizedTest(name = "{0}: three instructions at a time end in the same state")
    @EnumSource(Mode.class)
    void threeInstructionsAtATimeEndInTheSameState(Mode mode) {
        assertSame(mode, new InterpretedCpuFactory(), Long.MAX_VALUE, new InterpretedCpuFactory(), 3);
    }

    private static void assertSame(Mode mode, CpuFactory one, long budgetOfOne, CpuFactory other, long budgetOfOther) {
        byte[] image = UserMemory.image(new SplittableRandom(SEED));
        var first = new SimulatedUser(one, image, budgetOfOne);
        var second = new SimulatedUser(other, image, budgetOfOther);
        var generator = new Generator(SEED, mode, SimdForms.forSequences());
        for (int i = 0; i < SAMPLES; i++) {
            Sample sample = i % 2 == 0 ? generator.sequence() : generator.single();
            Outcome expected = first.run(sample);
            long retired = first.cpu().retired();
            assertThat(second.run(sample).toString()).as(sample::toString).isEqualTo(expected.toString());
            assertThat(second.cpu().retired()).as(() -> "retired after " + sample).isEqualTo(retired);
        }
    }
}
