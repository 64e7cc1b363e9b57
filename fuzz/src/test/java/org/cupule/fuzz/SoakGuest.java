package org.cupule.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.VcpuState;

/**
 * The guest of the soak: on each vCPU a loop that writes a number to a port and reads it back, without end, and counts.
 *
 * <pre>
 *  0x500  epoch, in bits 31:28, which the host gives before the start; the loop's number counts up from it
 *  0x510  tickets: the first vCPU that comes starts the others
 *  0x520  interrupts at vector 0x40
 *  0x600  + 16 a ticket: reads that gave the number | that gave all ones | doorbells | reads that gave something else
 *
 *  again:  ebx += 1
 *          out 0x100 + 4 * (ebx &amp; 7), ebx
 *          in  eax, the same port               eax == ebx: good;  eax == -1: ones;  else: wrong
 *          every sixteenth time: out 0x300, ebx     the doorbell
 *          jmp again
 * </pre>
 *
 * @threading confined to the thread that treats the VM
 */
final class SoakGuest {
    static final int VCPUS = 4;
    static final int FIRST_PORT = 0x100;
    static final int PORTS = 32;
    static final int DOORBELL = 0x300;
    static final int VECTOR = 0x40;
    static final int EPOCH_BITS = 28;

    private static final int ENTRY = 0x1000;
    private static final int HANDLER = 0x1100;
    private static final int DATA = 0x500;
    private static final int DATA_BYTES = 0x200;
    private static final int COUNTS = 0x100;
    private static final int COUNTS_BYTES = 16;

    /**
     * 16-bit code, for any code segment:
     *
     * <pre>
     *          xor ax, ax; mov ds, ax; mov ss, ax
     *          mov ax, 1; lock xadd [0x510], ax; mov si, ax; shl si, 4      ticket, times 16
     *          mov sp, ax; inc sp; shl sp, 8; add sp, 0x2000
     *          mov ecx, 0x1B; rdmsr; or ax, 0xC00; wrmsr                    x2APIC mode
     *          mov ecx, 0x80F; xor edx, edx; mov eax, 0x1FF; wrmsr          enabled
     *          or si, si; jnz ready
     *          mov ecx, 0x830; mov eax, 0xC4500; wrmsr                      INIT to all others
     *          mov eax, 0xC4601; wrmsr                                      who start here too
     *  ready:  sti; mov ebx, [0x500]
     *  again:  inc ebx; mov dx, bx; and dx, 7; shl dx, 2; add dx, 0x100
     *          mov eax, ebx; out dx, eax; xor eax, eax; in eax, dx
     *          cmp eax, ebx; je good; cmp eax, -1; je ones
     *          inc dword [si + 0x60C]; mov [0x530], eax; mov [0x534], ebx; jmp next
     *  ones:   inc dword [si + 0x604]; jmp next
     *  good:   inc dword [si + 0x600]
     *  next:   test bl, 15; jnz again
     *          mov eax, ebx; mov dx, 0x300; out dx, eax; inc dword [si + 0x608]; jmp again
     * </pre>
     */
    private static final byte[] CODE = HexFormat.of().parseHex("31c08ed88ed0b80100f00fc106100589c6c1e60489c444c1e4"
            + "0881c4002066b91b0000000f320d000c0f3066b90f0800006631d266b8ff0100000f3009f6751666b93008000066b800450c000f3066"
            + "b801460c000f30fb668b1e0005664389da83e207c1e20281c200016689d866ef6631c066ed6639d8741d6683f8ff741066ff840c0666"
            + "a3300566891e3405eb0c66ff840406eb0566ff840006f6c30f75bc6689d8ba000366ef66ff840806ebad");
    /** Counts, tells the local APIC that it was served, and returns; no register is changed. */
    private static final byte[] INTERRUPT = HexFormat.of()
            .parseHex("66506651665266f0ff06200566b90b0800006631c06631d20f30665a66596658cf");

    private final VirtualMachine vm;

    SoakGuest(VirtualMachine vm) {
        this.vm = vm;
    }

    /** Makes a VM that is CREATED ready to run from the beginning. */
    void load(int epoch) {
        byte[] data = new byte[DATA_BYTES];
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putInt(0, epoch << EPOCH_BITS);
        vm.memory().load(DATA, data, 0, data.length);
        vm.memory().load(ENTRY, CODE, 0, CODE.length);
        vm.memory().load(HANDLER, INTERRUPT, 0, INTERRUPT.length);
        byte[] vector = {(byte) HANDLER, (byte) (HANDLER >> 8), 0, 0};
        vm.memory().load(4 * VECTOR, vector, 0, vector.length);
        vm.setRegisters(0, new VcpuState(new long[16], ENTRY, 0, 0x30, 0, 0, 0, 0, 0xFFFF, 0x9B, new int[8], 0, 0xFFFF,
                0, 0xFFFF));
    }

    /**
     * What the guest has counted, over all vCPUs.
     *
     * @threading immutable
     */
    record Counts(long good, long ones, long doorbells, long wrong, String lastWrong) {
    }

    Counts counts() {
        byte[] bytes = new byte[DATA_BYTES];
        vm.memory().read(DATA, bytes, 0, bytes.length);
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long[] sums = new long[4];
        for (int ticket = 0; ticket < VCPUS; ticket++) {
            for (int kind = 0; kind < sums.length; kind++) {
                sums[kind] += Integer.toUnsignedLong(data.getInt(COUNTS + COUNTS_BYTES * ticket + 4 * kind));
            }
        }
        return new Counts(sums[0], sums[1], sums[2], sums[3],
                "0x%x instead of 0x%x".formatted(data.getInt(0x30), data.getInt(0x34)));
    }
}
