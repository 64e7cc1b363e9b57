package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.types.Errno;
import org.cupule.types.Msi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How interrupts get into a VM ({@code hsm.md} section 10). */
public abstract class InterruptContract extends HsmFixture {
    /** Only a contract. */
    protected InterruptContract() {
    }

    @Test
    @DisplayName("HSM-INT-01 GSI and operation reach the hypervisor as they are, in order")
    void linesReachTheHypervisor() {
        vm.interrupts().line(4, 0);
        vm.interrupts().line(47, 3);

        assertThat(partition.journal()).endsWith("line 4 0", "line 47 3");
    }

    @Test
    @DisplayName("HSM-INT-02 GSI 48 is EPERM; an unknown operation is accepted")
    void unknownGsiIsEperm() {
        assertThat(Failing.errno(() -> vm.interrupts().line(48, 0))).isEqualTo(Errno.EPERM);
        assertThat(Failing.errno(() -> vm.interrupts().line(-1, 0))).isEqualTo(Errno.EPERM);
        assertThat(Failing.errno(() -> vm.interrupts().line(4, 9))).isNull();
    }

    @Test
    @DisplayName("HSM-INT-05 a message that is not addressed to 0xFEExxxxx is EPERM")
    void strayMessageIsEperm() {
        vm.interrupts().msi(new Msi(0xFEE0_1000L, 0x4031));

        assertThat(partition.journal()).endsWith("msi 0xfee01000=0x4031");
        assertThat(Failing.errno(() -> vm.interrupts().msi(new Msi(0xFED0_0000L, 0x31)))).isEqualTo(Errno.EPERM);
        assertThat(Failing.errno(() -> vm.interrupts().msi(new Msi(0x1_FEE0_0000L, 0x31)))).isEqualTo(Errno.EPERM);
    }
}
