package org.cupule.hw.cpu.systest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.cupule.hardware.CpuFactory;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.cpu.SingleStepCpuFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The system test of long mode")
class LongModeTest {
    private static final Path IMAGE = Path.of("..", "..", "guests", "systest", "bin", "long.bin");
    private static final long MOST = 100_000_000;

    @Test
    void runsToItsEnd() {
        assertThat(text(new InterpretedCpuFactory())).startsWith("== instructions\n").endsWith("== end\n");
    }

    @Test
    void tellsTheSameWithBlocksOfOneInstruction() {
        assertThat(text(new SingleStepCpuFactory())).isEqualTo(text(new InterpretedCpuFactory()));
    }

    private static String text(CpuFactory factory) {
        var machine = new BareMachine(factory);
        machine.load(IMAGE, "");
        assertThat(machine.run(MOST)).as("how it ended").isEqualTo("debug exit 16");
        return machine.output();
    }
}
