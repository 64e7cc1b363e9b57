package org.cupule.machine.firmware;

import java.util.List;
import java.util.stream.IntStream;
import org.cupule.machine.loader.Bytes;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.machine.memory.MemoryLayout;

/**
 * What kernels and real-mode programs look up in low memory, as a firmware without services leaves it.
 *
 * <pre>
 *  0000  interrupt vectors            all lead to the handlers below
 *  0400  BIOS data area               serial ports, EBDA's segment, equipment, KiB of low memory, keyboard's ring
 *  9FC00 extended BIOS data area      its length in KiB
 *  FFF40 a service that is not there  returns with CF set and AH = 86h
 *  FFF50 an interrupt of the second 8259, of the first one: ended, nothing done
 *  FFF5A any other interrupt          nothing done
 * </pre>
 *
 * Source: IBM Personal Computer AT Technical Reference, "System BIOS Usage".
 *
 * @threading any thread: functions without state
 */
final class BiosData {
    /** First byte of the vectors. */
    static final long VECTORS = 0;
    /** Last byte of the data area. */
    static final long LAST = 0x4FF;
    private static final int DATA = 0x400;
    private static final int SEGMENT = 0xF000;
    private static final int NO_SERVICE = 0xFF40;
    private static final int SECOND_IRQ = 0xFF50;
    private static final int FIRST_IRQ = 0xFF53;
    private static final int NOTHING = 0xFF5A;
    private static final int VECTOR_COUNT = 256;
    private static final int RING = 0x1E;
    private static final int RING_END = 0x3E;
    private static final int MOST_PORTS = 4;
    private static final int COPROCESSOR = 1 << 1;
    private static final int SERIAL_SHIFT = 9;

    /** push bp; mov bp, sp; or byte [bp+6], 1; pop bp; mov ah, 86h; iret. */
    private static final byte[] REFUSE = code(0x55, 0x89, 0xE5, 0x80, 0x4E, 0x06, 0x01, 0x5D, 0xB4, 0x86, 0xCF);
    /** push ax; mov al, 20h at the second entry, after out A0h at the first; out 20h, al; pop ax; iret. */
    private static final byte[] END = code(0x50, 0xEB, 0x0B, 0x50, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF, 0xCF, 0x90, 0x90,
            0x90, 0xB0, 0x20, 0xE6, 0xA0, 0xEB, 0xF2);

    private BiosData() {
    }

    private static byte[] code(int... bytes) {
        var code = new byte[bytes.length];
        IntStream.range(0, bytes.length).forEach(i -> code[i] = (byte) bytes[i]);
        return code;
    }

    /** {@return what is written to memory} */
    static List<Chunk> chunks(Platform platform) {
        var extended = new Bytes(1).u8(0, (int) (MemoryLayout.VIDEO - MemoryLayout.BIOS_DATA >> 10));
        return List.of(chunk(VECTORS, vectors()), chunk(DATA, data(platform)),
                chunk(MemoryLayout.BIOS_DATA, extended.array()),
                chunk((SEGMENT << 4) + NO_SERVICE, REFUSE), chunk((SEGMENT << 4) + SECOND_IRQ, END));
    }

    private static Chunk chunk(long gpa, byte[] bytes) {
        return new Chunk(gpa, bytes, 0, bytes.length, bytes.length);
    }

    private static byte[] vectors() {
        var table = new Bytes(4 * VECTOR_COUNT);
        for (int vector = 0; vector < VECTOR_COUNT; vector++) {
            table.u16(4 * vector, handler(vector)).u16(4 * vector + 2, SEGMENT);
        }
        return table.array();
    }

    private static int handler(int vector) {
        return switch (vector >> 3) {
            case 0x08 >> 3 -> FIRST_IRQ;
            case 0x70 >> 3 -> SECOND_IRQ;
            case 0x10 >> 3, 0x18 >> 3 -> NO_SERVICE;
            default -> NOTHING;
        };
    }

    private static byte[] data(Platform platform) {
        List<Integer> ports = platform.all(Platform.SERIAL_PORT).stream().flatMap(part -> part.windows().stream())
                .map(window -> (int) window.first()).limit(MOST_PORTS).toList();
        var data = new Bytes(0x100);
        IntStream.range(0, ports.size()).forEach(i -> data.u16(2 * i, ports.get(i)));
        return data.u16(0x0E, (int) (MemoryLayout.BIOS_DATA >> 4)).u16(0x10, COPROCESSOR | ports.size() << SERIAL_SHIFT)
                .u16(0x13, (int) (MemoryLayout.BIOS_DATA >> 10)).u16(0x1A, RING).u16(0x1C, RING).u16(0x80, RING)
                .u16(0x82, RING_END).array();
    }
}
