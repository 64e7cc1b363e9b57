package org.cupule.hw.cpu.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.cupule.hw.cpu.oracle.Sample.Mode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The oracle, a program on the host's processor")
class HostOracleTest {
    /** Tests run in the folder of their bundle. */
    static final Path SOURCE = Path.of("..", "..", "guests", "cputest", "oracle.c").toAbsolutePath().normalize();

    @TempDir
    Path folder;

    @BeforeEach
    void hostCanBeAsked() {
        assumeHost();
    }

    /** Skips a test, loudly, where the host cannot be asked. */
    static void assumeHost() {
        String missing = HostOracle.missing();
        if (!missing.isEmpty()) {
            System.out.println("SKIPPED: the CPU is not compared with the host's processor: " + missing);
        }
        assumeTrue(missing.isEmpty(), missing);
    }

    @Test
    void runsCodeAndTellsRegistersMemoryAndFault() {
        var state = state();
        state.gpr[UserState.RAX] = 5;
        state.gpr[UserState.RCX] = 7;

        Outcome outcome = run(state, 0x01, 0xC8, 0xA3, 0, 0, 0, 0x20, 0, 0, 0, 0); // add eax, ecx; mov [...], eax

        assertThat(outcome.ended()).isTrue();
        assertThat(outcome.trap()).as("HLT in user mode").isEqualTo(13);
        assertThat(outcome.state().rip).isEqualTo(UserMemory.CODE + 11);
        assertThat(outcome.state().gpr[UserState.RAX]).isEqualTo(12);
        assertThat(outcome.changes()).contains(2 * UserMemory.PAGE << 8 | 12);
    }

    @Test
    void tellsTheAddressOfAPageFault() {
        var state = state();
        state.gpr[UserState.RBX] = UserMemory.FIXED + 8;

        Outcome outcome = run(state, 0xFE, 0x03); // inc byte [rbx]

        assertThat(outcome.trap()).isEqualTo(14);
        assertThat(outcome.error()).as("write, user, present").isEqualTo(7);
        assertThat(outcome.cr2()).isEqualTo(UserMemory.FIXED + 8);
        assertThat(outcome.state().rip).isEqualTo(UserMemory.CODE);
    }

    @Test
    void endsAnEndlessLoop() {
        assertThat(run(state(), 0xEB, 0xFE).ended()).isFalse(); // jmp $
    }

    @Test
    void stopsASystemCall() {
        assertThat(run(state(), 0x0F, 0x05).ended()).isFalse();
    }

    private static UserState state() {
        var state = new UserState();
        state.rip = UserMemory.CODE;
        state.rflags = 0x202;
        state.selector[UserState.CS] = HostSegments.USER_CODE_64;
        state.selector[UserState.SS] = HostSegments.USER_DATA;
        return state;
    }

    private Outcome run(UserState state, int... code) {
        var bytes = new Bytes();
        for (int one : code) {
            bytes.put(one, 1);
        }
        var sample = new Sample(Mode.LONG, state, UserMemory.CODE, bytes.toArray(), UserMemory.DATA, new byte[0], 0,
                false, "");
        byte[] image = UserMemory.image(new SplittableRandom(1));
        return HostOracle.compile(SOURCE, folder).run(image, List.of(sample)).getFirst();
    }
}
