package org.cupule.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.BenchSim;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.types.IoRange;

/**
 * A guest of machine code that reads a port again and again: each read goes from the CPU model through exit, slot,
 * dispatcher and client, and back.
 *
 * @threading confined to one thread
 */
final class GuestLoop implements AutoCloseable {
    /** The port that the loop reads. */
    static final int PORT = 0x64;
    private static final int DONE_PORT = 0xF4;
    private static final int ENTRY = 0x1000;

    private final VirtualMachine vm;
    private final Semaphore done = new Semaphore(0);

    GuestLoop() {
        RoutingHsm hsm = new RoutingHsm();
        hsm.bind(BenchSim.hypervisor(), Map.of());
        vm = hsm.create(VmCreation.of("loop", 1));
        vm.memory().addRam(0, 1 << 20, Access.ALL);
        vm.ioRequests().inline("device", access -> 0x1C).add(IoRange.ports(PORT, 1));
        vm.ioRequests().inline("done", access -> {
            done.release();
            return 0;
        }).add(IoRange.ports(DONE_PORT, 1));
        vm.ioRequests().inlineDefault("bus", access -> -1);
    }

    /**
     * {@return 16-bit code that reads the port so many times, then writes the debug-exit port}
     *
     * <pre>
     *         mov ecx, reads
     *         mov dx, PORT
     * next:   in al, dx
     *         dec ecx
     *         jnz next
     *         out DONE_PORT, al
     * stop:   hlt
     *         jmp stop
     * </pre>
     */
    static byte[] code(int reads) {
        return ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0x66).put((byte) 0xB9).putInt(reads)
                .put((byte) 0xBA).putShort((short) PORT).put((byte) 0xEC).put(new byte[]{0x66, 0x49, 0x75, (byte) 0xFB})
                .put(new byte[]{(byte) 0xE6, (byte) DONE_PORT, (byte) 0xF4, (byte) 0xEB, (byte) 0xFD, 0}).array();
    }

    /** Runs the loop once, from start to its last instruction. @return nanoseconds */
    long run(int reads) {
        byte[] code = code(reads);
        vm.memory().write(ENTRY, code, 0, code.length);
        vm.setRegisters(0, new VcpuState(new long[16], ENTRY, 0, 0x30, 0, 0, 0, 0, 0xFFFF, 0x9B, new int[8], 0, 0xFFFF,
                0, 0xFFFF));
        long before = System.nanoTime();
        vm.start();
        done.acquireUninterruptibly();
        long after = System.nanoTime();
        vm.pause();
        vm.reset();
        return after - before;
    }

    @Override
    public void close() {
        vm.close();
    }
}
