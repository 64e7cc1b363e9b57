package org.cupule.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The ELF file that a bzImage holds compressed: by the offset and length that its header tells ("The Linux/x86 Boot
 * Protocol", fields payload_offset and payload_length), unpacked where it is LZ4 of the legacy frame.
 *
 * <pre>
 *  frame   magic 0x184C2102, then blocks: length:4, sequences
 *  one     token: letters in its high half, match in its low one (15: more bytes follow, 255: and more); letters;
 *          distance back:2, length of the match less 4
 * </pre>
 */
final class Vmlinux {
    private static final int SETUP_SECTORS = 0x1F1;
    private static final int PAYLOAD = 0x248;
    private static final int LEGACY_FRAME = 0x184C_2102;
    private static final int SECTOR = 512;
    private static final int LEAST_MATCH = 4;
    private static final int MORE = 15;

    private final ByteBuffer in;
    private byte[] out = new byte[1 << 26];
    private int length;

    private Vmlinux(ByteBuffer in) {
        this.in = in;
    }

    /** {@return the ELF file; nothing when it is compressed in another way} */
    static Optional<byte[]> of(Path image) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(image)).order(ByteOrder.LITTLE_ENDIAN);
        int kernel = ((file.get(SETUP_SECTORS) & 0xFF) + 1) * SECTOR;
        // The last four bytes tell the length of what is unpacked.
        var payload = file.slice(kernel + file.getInt(PAYLOAD), file.getInt(PAYLOAD + 4) - 4)
                .order(ByteOrder.LITTLE_ENDIAN);
        return payload.getInt() == LEGACY_FRAME ? Optional.of(new Vmlinux(payload).unpacked()) : Optional.empty();
    }

    private byte[] unpacked() {
        while (in.remaining() > Integer.BYTES) {
            int blockBytes = in.getInt();
            block(in.position() + blockBytes);
        }
        return Arrays.copyOf(out, length);
    }

    private void block(int end) {
        while (in.position() < end) {
            int token = in.get() & 0xFF;
            int letters = number(token >> 4);
            room(letters);
            in.get(out, length, letters);
            length += letters;
            if (in.position() < end) {
                match(in.getShort() & 0xFFFF, number(token & MORE) + LEAST_MATCH);
            }
        }
    }

    private int number(int half) {
        int number = half;
        for (int more = half == MORE ? 255 : 0; more == 255; number += more) {
            more = in.get() & 0xFF;
        }
        return number;
    }

    private void match(int distance, int bytes) {
        room(bytes);
        for (int i = 0; i < bytes; i++, length++) {
            out[length] = out[length - distance];
        }
    }

    private void room(int bytes) {
        if (length + bytes > out.length) {
            out = Arrays.copyOf(out, out.length * 2);
        }
    }
}
