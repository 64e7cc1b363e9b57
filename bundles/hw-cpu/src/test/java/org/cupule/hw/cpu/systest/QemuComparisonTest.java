package org.cupule.hw.cpu.systest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A system test guest on QEMU")
class QemuComparisonTest {
    /** The version whose differences are listed; a later one may have fewer. */
    private static final String LISTED = "7.2";

    @TempDir
    Path folder;
    private final Differences differences = Differences.listed();

    /** Skips a test, loudly, where QEMU is missing. */
    @BeforeEach
    void qemuIsInstalled() {
        String version = Qemu.version();
        if (version.isEmpty()) {
            System.out.println("SKIPPED: the CPU is not compared with QEMU: qemu-system-x86_64 is not installed");
        }
        assumeTrue(!version.isEmpty(), "qemu-system-x86_64 is not installed");
    }

    @ParameterizedTest
    @MethodSource("org.cupule.hw.cpu.systest.SystemGuest#forQemu")
    void tellsTheSameButForTheListedDifferences(SystemGuest guest) {
        assertThat(differences.unexplained(guest.expected(), guest.onQemu(folder))).isEmpty();
    }

    @Test
    void needsEachListedDifference() {
        assumeTrue(Qemu.version().equals(LISTED), "another version of QEMU");
        for (SystemGuest guest : SystemGuest.forQemu()) {
            differences.unexplained(guest.expected(), guest.onQemu(folder));
        }
        assertThat(differences.seen()).containsExactlyInAnyOrderElementsOf(differences.names());
    }
}
