package org.cupule.machine.loader;

import java.util.List;
import java.util.stream.Stream;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.machine.loader.LoadPlan.Rom;

/**
 * Firmware: the image ends at 4 GiB, read-only, and a copy of its last 128 KiB ends at 1 MiB, in RAM as a chip set
 * shadows it. The processor starts at its reset vector, 16 bytes below 4 GiB (Intel SDM volume 3, "First Instruction
 * Executed"): real mode, CS 0xF000 with base 0xFFFF0000, EIP 0xFFF0.
 *
 * <pre>
 *  E0000         100000            4 GiB - length                      4 GiB
 *  | last 128 K  |                 | image          ... | last 128 K   |
 * </pre>
 *
 * @threading immutable
 */
final class RomLoader implements Loader {
    private static final long TOP = 1L << 32;
    private static final long LEGACY_TOP = 0x10_0000;
    private static final int MIRRORED_BYTES = 128 << 10;
    private static final int GRANULE = 64 << 10;
    private static final int MOST_BYTES = 16 << 20;
    private static final int RESET_VECTOR = 16;
    /** The shortest one. */
    private static final int JUMP = 2;
    private static final int RESET_SELECTOR = 0xF000;
    private static final long RESET_BASE = 0xFFFF_0000L;
    private static final int RESET_IP = 0xFFF0;
    /** EDX after reset: a processor of family 6. */
    private static final long SIGNATURE = 0x600;

    @Override
    public String format() {
        return "rom";
    }

    /** A whole number of 64 KiB, with a jump at the reset vector, perhaps behind CLI, CLD, NOP or WBINVD. */
    @Override
    public boolean recognises(ImageBytes image) {
        if (image.length() == 0 || image.length() % GRANULE != 0 || image.length() > MOST_BYTES) {
            return false;
        }
        int at = image.length() - RESET_VECTOR;
        while (at < image.length() - JUMP && harmless(image, at) > 0) {
            at += harmless(image, at);
        }
        return image.u8(at) >= 0xE9 && image.u8(at) <= 0xEB;
    }

    /** {@return the length of an instruction that firmware may begin with; 0 when it is another} */
    private static int harmless(ImageBytes image, int at) {
        return switch (image.u8(at)) {
            case 0xFA, 0xFC, 0x90 -> 1;
            case 0x0F -> image.u8(at + 1) == 0x09 ? 2 : 0;
            default -> 0;
        };
    }

    @Override
    public LoadPlan plan(ImageBytes image, BootRequest request) {
        int length = image.length();
        if (length == 0 || length % GRANULE != 0 || length > MOST_BYTES) {
            throw image.bad("a firmware image has a multiple of 65536 bytes, at most 16 MiB, and it has %d", length);
        }
        if (!request.modules().isEmpty()) {
            throw image.bad("a firmware image takes no modules, and '%s' is one", request.modules().getFirst().name());
        }
        int mirrored = Math.min(length, MIRRORED_BYTES);
        var room = new Room(request.layout());
        room.put("the firmware's copy", LEGACY_TOP - mirrored, image.array(), length - mirrored, mirrored, mirrored);
        long[] general = new long[16];
        general[StartState.RDX] = SIGNATURE;
        return new LoadPlan(format(),
                Stream.concat(room.chunks().stream(), Stream.of(Chunk.of(TOP - length, image.array()))).toList(),
                List.of(new Rom(TOP - length, length)),
                StartState.real(RESET_SELECTOR, RESET_BASE, RESET_IP, general));
    }
}
