package org.cupule.abi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The views. */
class CStructTest {
    @Test
    void numbersAreLittleEndianAndUnsignedWhereJavaHasRoom() {
        MemorySegment memory = MemorySegment.ofArray(new byte[48]);
        AcrnVmCreation creation = new AcrnVmCreation(memory);

        creation.vmid(0xFFFE);
        creation.vmFlag(0x0102_0304_0506_0708L);

        assertThat(creation.vmid()).isEqualTo(0xFFFE);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0xFE);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 24)).isEqualTo((byte) 8);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 31)).isEqualTo((byte) 1);
    }

    @Test
    void aViewNeedsNoAlignmentAndHasNoMoreThanItsBytes() {
        MemorySegment memory = MemorySegment.ofArray(new byte[64]).asSlice(3);
        AcrnMsiEntry msi = new AcrnMsiEntry(memory);

        msi.address(0xFEE0_1000L);
        msi.data(0x31);

        assertThat(msi.memory().byteSize()).isEqualTo(16);
        assertThat(new AcrnMsiEntry(memory).address()).isEqualTo(0xFEE0_1000L);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 8)).isEqualTo((byte) 0x31);
        assertThatThrownBy(() -> new AcrnMsiEntry(memory.asSlice(0, 15)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shorterBytesArePaddedAndLongerOnesRefused() {
        AcrnVmCreation creation = new AcrnVmCreation(MemorySegment.ofArray(new byte[48]).fill((byte) 0x55));

        creation.uuid("post".getBytes(StandardCharsets.US_ASCII));

        assertThat(creation.uuid()).startsWith('p', 'o', 's', 't').endsWith(new byte[12]).hasSize(16);
        assertThat(creation.reserved1()).isEqualTo(0x5555);
        assertThat(creation.vmFlag()).isEqualTo(0x5555_5555_5555_5555L);
        assertThatThrownBy(() -> creation.uuid(new byte[17])).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void nestedViewsAndArraysLieWhereTheHeaderSays() {
        byte[] bytes = new byte[296];
        AcrnVcpuRegs registers = new AcrnVcpuRegs(MemorySegment.ofArray(bytes));

        registers.regs().gprs().register(15, 0x11);
        registers.regs().idt().base(0x22);
        registers.regs().selector(7, 0x33);

        assertThat(bytes[8 + 120]).isEqualTo((byte) 0x11);
        assertThat(bytes[8 + 146]).isEqualTo((byte) 0x22);
        assertThat(bytes[8 + 282]).isEqualTo((byte) 0x33);
        assertThatThrownBy(() -> registers.regs().selector(8)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void reservedArraysAreLookedAtWhole() {
        byte[] bytes = new byte[296];
        AcrnVcpuRegs registers = new AcrnVcpuRegs(MemorySegment.ofArray(bytes));
        assertThat(registers.reservedIsZero()).isTrue();
        assertThat(registers.regs().gdt().reservedIsZero()).isTrue();

        bytes[7] = 1;
        bytes[8 + 143] = 1;

        assertThat(registers.reservedIsZero()).isFalse();
        assertThat(registers.regs().gdt().reservedIsZero()).isFalse();
        assertThat(registers.regs().reserved64IsZero()).isTrue();
    }

    @Test
    void hypercallStructuresHaveTheirSizes() {
        assertThat(HypercallMemoryBatch.LAYOUT.byteSize()).isEqualTo(24);
        assertThat(HypercallMemoryRegion.LAYOUT.byteSize()).isEqualTo(32);
        assertThat(HypercallIntrMonitor.LAYOUT.byteSize()).isEqualTo(392);
        assertThat(HypercallIrqLine.LAYOUT.byteSize()).isEqualTo(8);
        assertThat(HypercallApiVersion.LAYOUT.byteSize()).isEqualTo(8);
    }
}
