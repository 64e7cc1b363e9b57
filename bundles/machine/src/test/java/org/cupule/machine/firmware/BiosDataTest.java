package org.cupule.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BiosDataTest {
    private static final int REFUSE = 0xFF40;
    private static final int IRET = 0xCF;

    private final Rig rig = Rig.whole(1);

    private long vector(int number) {
        assertThat(rig.number(4L * number + 2, 2)).isEqualTo(0xF000);
        return rig.number(4L * number, 2);
    }

    @Test
    @DisplayName("0x40E names the extended data area, whose first byte is its length in KiB; 0x413 the KiB below it")
    void lowMemoryEndsAtTheExtendedDataArea() {
        assertThat(rig.number(0x40E, 2) << 4).isEqualTo(0x9_FC00);
        assertThat(rig.number(0x9_FC00, 1)).isEqualTo(1);
        assertThat(rig.number(0x413, 2)).isEqualTo(639);
    }

    @Test
    void serialPortsAreListedAndCounted() {
        assertThat(rig.number(0x400, 2)).isEqualTo(0x3F8);
        assertThat(rig.number(0x402, 2)).isEqualTo(0x2F8);
        assertThat(rig.number(0x404, 2)).isZero();
        assertThat(rig.number(0x410, 2) >> 9 & 7).isEqualTo(2);
    }

    @Test
    void servicesAreRefusedAndInterruptsEnded() {
        assertThat(vector(0x10)).isEqualTo(REFUSE);
        assertThat(vector(0x15)).isEqualTo(REFUSE);
        assertThat(vector(0x1F)).isEqualTo(REFUSE);
        assertThat(vector(0x0F)).isEqualTo(vector(0x08)).isNotEqualTo(vector(0x70));
        assertThat(rig.number(0xF_0000 + vector(0x21), 1)).isEqualTo(IRET);
    }

    @Test
    void theKeyboardsRingIsEmpty() {
        assertThat(rig.number(0x41A, 2)).isEqualTo(rig.number(0x41C, 2)).isEqualTo(rig.number(0x480, 2));
    }
}
