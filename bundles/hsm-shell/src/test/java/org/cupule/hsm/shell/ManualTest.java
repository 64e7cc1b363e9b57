package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class ManualTest {
    private final Manual manual = Manual.of(VmCommands.class);

    @Test
    void namesOptionsAndArgumentsInTheUsageLine() {
        assertThat(manual.usage("create")).contains("create [-m MEMORY] [-c CPUS] [-n NAME] WHAT");
        assertThat(manual.usage("hsm:start")).contains("start VM");
    }

    @Test
    void tellsEachFormOfACommand() {
        assertThat(Manual.of(InspectCommands.class).usage("trace")).contains("trace VM, or trace VM ENTRIES");
    }

    @Test
    void explainsOptionsWithTheirStandardValues() {
        assertThat(manual.page("await").orElseThrow()).containsPattern("-t, --timeout SECONDS +.*\\(60\\)")
                .startsWith(
                        "waits until a machine has ended, and tells how\nusage: await [-t SECONDS] VM\n");
    }

    @Test
    void knowsNoCommandOfAnother() {
        assertThat(manual.usage("lb")).isEmpty();
        assertThat(manual.page("felix:start")).isEmpty();
    }

    @Test
    void exampleOfADeviceNamesTheWindowThatItHas() {
        assertThat(Manual.of(SwapCommands.class).summary("adddevice")).contains("uart16550 com3 ports=0x3E8 irq=5");
    }

    @Test
    void complainsWithTheUsageWhenArgumentsDoNotFit() {
        assertThat(Complaint.of(manual, "start", new IllegalArgumentException(
                "Cannot coerce start() to any of [(String)]"))).isEqualTo("start: wrong arguments; usage: start VM");
    }

    @Test
    void complainsAboutTheOptionThatIsUnknown() {
        assertThat(Complaint.of(manual, "create --nam x demo", new IllegalArgumentException(
                "Cannot coerce create(String, String, String) to any of [(String, int, String, String)]")))
                .startsWith("create: there is no option --nam; usage: create [-m MEMORY]");
    }

    @Test
    void complainsWithOneErrorNumber() {
        var inner = new HsmException(Errno.ENODEV, "device", "no plug-in offers it");
        var outer = new HsmException(Errno.ENOENT, "swap", String.valueOf(inner.getMessage()), inner);
        assertThat(Complaint.of(manual, "swap", outer)).isEqualTo("swap: device: no plug-in offers it [ENOENT]");
    }

    @Test
    void complainsOfAnInterruptionInAWord() {
        assertThat(Complaint.of(manual, "await x", new InterruptedException())).isEqualTo("interrupted");
    }
}
