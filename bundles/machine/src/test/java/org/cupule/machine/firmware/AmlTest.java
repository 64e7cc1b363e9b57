package org.cupule.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AmlTest {
    @Test
    void writesNumbersInTheShortestForm() {
        assertThat(Aml.integer(0)).containsExactly(0);
        assertThat(Aml.integer(1)).containsExactly(1);
        assertThat(Aml.integer(0xFF)).containsExactly(0x0A, 0xFF);
        assertThat(Aml.integer(0x100)).containsExactly(0x0B, 0x00, 0x01);
        assertThat(Aml.integer(0x1_0000)).containsExactly(0x0C, 0x00, 0x00, 0x01, 0x00);
        assertThat(Aml.integer(-1)).containsExactly(0x0E, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
    }

    @Test
    void compressesEisaIdentifiers() {
        assertThat(Aml.eisa("PNP0A03")).containsExactly(0x0C, 0x41, 0xD0, 0x0A, 0x03);
    }

    @Test
    void padsTheSegmentsOfAPath() {
        assertThat(new String(Aml.path("\\_SB.PCI0.A"))).isEqualTo("\\/\3_SB_PCI0A___");
        assertThat(new String(Aml.path("A.B"))).isEqualTo(".A___B___");
    }

    @Test
    void countsTheLengthItselfIn() {
        assertThat(Aml.pack()).containsExactly(0x12, 2, 0);
        assertThat(Aml.buffer(new byte[59])).startsWith(0x11, 0x3E, 0x0A, 59).hasSize(63);
        assertThat(Aml.buffer(new byte[61])).startsWith(0x11, 0x41, 0x04, 0x0A, 61).hasSize(66);
        assertThat(Aml.buffer(new byte[4091])).startsWith(0x11, 0x81, 0x00, 0x01, 0x0B).hasSize(4098);
    }
}
