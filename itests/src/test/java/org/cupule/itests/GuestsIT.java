package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.inject.Inject;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;

/** The guests that judge by themselves, each once on the whole platform, and the memory model of several vCPUs. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class GuestsIT {
    private static final Machine.Outcome ALL_RIGHT = new Machine.Outcome("debug-exit", 2 * 0x20 + 1, "");
    private static final Machine.Outcome CAME_TO_ITS_END = new Machine.Outcome("debug-exit", 2 * 0x10 + 1, "");
    private static final List<String> LITMUS_TESTS = List.of("mp", "sb", "sb+mfence", "sb+xchg", "sb+lock", "lb",
            "iriw",
            "wrc", "coherence", "2+2w", "count add", "accessed and dirty bits", "code of the other processor");

    @Inject
    private Machines machines;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Test
    public void noOutcomeThatTheMemoryModelForbidsIsSeen() throws Exception {
        try (var guest = run("litmus/bin/litmus.bin", 4, "n=512 cpus=4")) {
            assertThat(guest.outcome()).isEqualTo(ALL_RIGHT);
            assertThat(guest.said("verdict:")).containsExactly("verdict: ok forbidden 0");
            assertThat(LITMUS_TESTS).allSatisfy(test -> assertThat(guest.said("litmus " + test)).isNotEmpty());
            assertThat(guest.said("litmus ")).filteredOn(line -> line.contains("forbidden"))
                    .allMatch(line -> line.endsWith("forbidden 0"));
        }
    }

    @Test
    public void deviceAnswersInEveryLoop() throws Exception {
        try (var guest = run("exits/bin/exits.bin", 1, "n=2000")) {
            assertThat(guest.outcome()).isEqualTo(ALL_RIGHT);
            assertThat(guest.said("exits ")).hasSize(4);
        }
    }

    @Test
    public void loopsComputeWhatTheyMust() throws Exception {
        try (var guest = run("kernels/bin/kernels.bin", 1, "scale=1")) {
            assertThat(guest.outcome()).isEqualTo(ALL_RIGHT);
            assertThat(guest.said("kernel ")).hasSize(7);
        }
    }

    @Test
    public void anElfFileIsStartedByItsPvhNote() throws Exception {
        try (var guest = run("pvh/bin/pvh.bin", 1, "a=1 b")) {
            assertThat(guest.outcome()).isEqualTo(ALL_RIGHT);
            assertThat(guest.said("line: ")).containsExactly("line: a=1 b");
            assertThat(guest.said("verdict:")).containsExactly("verdict: ok");
        }
    }

    @Test
    public void systemTestsComeToTheirEnd() throws Exception {
        try (var guest = run("systest/bin/long.bin", 1, "")) {
            assertThat(guest.outcome()).isEqualTo(CAME_TO_ITS_END);
        }
        try (var guest = run("systest/bin/legacy.bin", 1, "")) {
            assertThat(guest.outcome()).isEqualTo(CAME_TO_ITS_END);
        }
    }

    /**
     * <pre>
     *   7C00  B8 20 E8           mov  ax, 0xE820
     *   7C03  F8                 clc
     *   7C04  CD 15              int  0x15             a service that is not there
     *   7C06  73 19              jnc  7C21
     *   7C08  80 FC 86           cmp  ah, 0x86
     *   7C0B  75 14              jne  7C21
     *   7C0D  CD 08              int  8                interrupts of both 8259, ended there
     *   7C0F  CD 70              int  0x70
     *   7C11  CD 21              int  0x21
     *   7C13  81 3E 13 04 7F 02  cmp  word [0x413], 639
     *   7C19  75 06              jne  7C21
     *   7C1B  B0 20 E6 F4 EB FE  mov  al, 0x20; out 0xF4, al; jmp $
     *   7C21  B0 11 E6 F4 EB FE  mov  al, 0x11; out 0xF4, al; jmp $
     * </pre>
     */
    @Test
    public void aRealModeProgramFindsWhatAFirmwareWithoutServicesLeaves() throws Exception {
        byte[] code = HexFormat.of().parseHex("b820e8f8cd15731980fc867514cd08cd70cd21813e13047f027506"
                + "b020e6f4ebfeb011e6f4ebfe");
        MachineDescription standard = machines.standard("real-mode");
        try (var guest = RunningGuest.start(machines, RunningGuest.with(standard, 1,
                new Image(Optional.of(Poker.image(code)), "", "flat", 0, "", List.of())))) {
            assertThat(guest.outcome()).isEqualTo(ALL_RIGHT);
        }
    }

    private RunningGuest run(String file, int cpus, String append) {
        Path path = Path.of(System.getProperty("cupule.root"), "guests").resolve(file);
        MachineDescription standard = machines.standard(path.getFileName().toString());
        return RunningGuest.start(machines,
                RunningGuest.with(standard, cpus, new Image(Optional.of(path), "", "auto", 0, append, List.of())));
    }
}
