package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.VcpuState;
import org.cupule.tck.hypervisor.PartitionFixture;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Hypercalls of machine code on the real processor model, from the privileged ring and from the user's. */
class HypercallRingTest extends PartitionFixture {
    private static final int GDT = 0x500;
    private static final int GDT_LIMIT = 0x2F;
    private static final int TSS = 0xA00;
    private static final int RING_0_STACK = 0x9000;
    private static final int VMCALL = 0x1018;
    private static final int GENERAL_PROTECTION = 13;
    private static final int INVALID_OPCODE = 6;
    private static final int HANDLER = 0x1100;
    private static final int OTHER_HANDLER = 0x1140;
    private static final int RESULT = 0x3000;

    /** mov ax, 0x28; ltr ax; push 0x23; push 0x7000; push 2; push 0x1B; push VMCALL; iretd; vmcall; jmp $ */
    private static final byte[] FROM_RING_3 = bytes("66b828000f00d86a2368007000006a026a1b6818100000cf0f01c1ebfe");
    /** pop eax; out 0x10, eax; pop eax; out 0x14, eax; pop eax; out 0x18, eax; hlt: error code, EIP, CS */
    private static final byte[] TELL_FRAME = bytes("58e71058e71458e718f4");
    /** mov al, 6; out 0x1C, al; hlt */
    private static final byte[] TELL_INVALID_OPCODE = bytes("b006e61cf4");
    /** mov edi, 0x3000; vmcall; out 0x10, eax; hlt: R8 is 0, the call that asks for the version of the interface */
    private static final byte[] FROM_RING_0 = bytes("bf003000000f01c1e710f4");

    private final SimHypervisor hypervisor = RealHardware.hypervisor();

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }

    private static byte[] bytes(String text) {
        return HexFormat.of().parseHex(text);
    }

    /** Flat protected mode with segments for ring 3, and a task state segment that names the stack of ring 0. */
    private void startInRing3(Partition partition) {
        load(ENTRY, FROM_RING_3);
        load(HANDLER, TELL_FRAME);
        load(OTHER_HANDLER, TELL_INVALID_OPCODE);
        VcpuState flat = protectedMode();
        long[] more = {0x00CF_FB00_0000_FFFFL, 0x00CF_F300_0000_FFFFL, 0x0000_8900_0000_0067L | (long) TSS << 16};
        for (int i = 0; i < more.length; i++) {
            ram.segment().set(ValueLayout.JAVA_LONG, GDT + 8L * (3 + i), more[i]);
        }
        ram.segment().set(ValueLayout.JAVA_INT, TSS + 4, RING_0_STACK);
        ram.segment().set(ValueLayout.JAVA_INT, TSS + 8, 0x10);
        gate(GENERAL_PROTECTION, HANDLER);
        gate(INVALID_OPCODE, OTHER_HANDLER);
        partition.setRegisters(0, new VcpuState(flat.general(), flat.rip(), flat.rflags(), flat.cr0(), flat.cr3(),
                flat.cr4(), flat.efer(), flat.csBase(), flat.csLimit(), flat.csAttributes(), flat.selectors(),
                flat.gdtBase(), GDT_LIMIT, flat.idtBase(), flat.idtLimit()));
        partition.start();
        await("halted", () -> partition.activity(0).equals("halted"));
    }

    @Test
    @DisplayName("HSM-HC-03 VMCALL in ring 3 of a Service VM is #GP(0) at the instruction, on the real processor model")
    void ringThreeIsRefused() {
        startInRing3(partition(1, Behaviour.ACRN, PartitionCreation.SERVICE_VM));

        assertThat(written(0x10)).containsExactly(0L);
        assertThat(written(0x14)).containsExactly((long) VMCALL);
        assertThat(written(0x18)).containsExactly(0x1BL);
        assertThat(written(0x1C)).isEmpty();
    }

    @Test
    @DisplayName("HSM-HC-02 VMCALL of a User VM is #UD, in ring 3 too, on the real processor model")
    void userVmHasNone() {
        startInRing3(partition(1, Behaviour.ACRN, 0));

        assertThat(written(0x1C)).containsExactly(6L);
        assertThat(written(0x10)).isEmpty();
    }

    @Test
    @DisplayName("HSM-HC-03 VMCALL in ring 0 of a Service VM is answered, on the real processor model")
    void ringZeroIsAnswered() {
        Partition partition = start(partition(1, Behaviour.ACRN, PartitionCreation.SERVICE_VM), FROM_RING_0);
        await("halted", () -> partition.activity(0).equals("halted"));

        assertThat(written(0x10)).containsExactly(0L);
        assertThat(ram.segment().get(ValueLayout.JAVA_INT, RESULT)).as("major version").isEqualTo(1);
    }
}
