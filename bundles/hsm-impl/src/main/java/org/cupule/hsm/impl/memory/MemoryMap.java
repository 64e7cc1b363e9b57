package org.cupule.hsm.impl.memory;

import java.util.ArrayList;
import java.util.List;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * What is mapped where: pieces that never overlap, ascending by address (unsigned).
 *
 * @threading immutable
 */
final class MemoryMap {
    static final MemoryMap EMPTY = new MemoryMap(List.of());

    private final Piece[] pieces;

    private MemoryMap(List<Piece> pieces) {
        this.pieces = pieces.toArray(new Piece[0]);
    }

    /**
     * A piece of a mapping.
     *
     * @param first
     *            first guest physical address
     * @param last
     *            last one
     * @param offset
     *            where it begins in the backing
     * @param device
     *            whether it is device memory, else RAM
     * @param settled
     *            whether the hypervisor has it; else a change is under way and nobody may use it or take its place
     * @threading immutable
     */
    record Piece(long first, long last, Ram backing, long offset, int access, MemoryType type, boolean device,
            boolean settled) {
        long lengthBytes() {
            return last - first + 1;
        }

        /** {@return where an address lies in the backing} */
        long offset(long gpa) {
            return offset + (gpa - first);
        }

        Piece settled(boolean now) {
            return new Piece(first, last, backing, offset, access, type, device, now);
        }

        /** {@return the part between two addresses, which lie inside} */
        Piece part(long from, long to) {
            return new Piece(from, to, backing, offset(from), access, type, device, settled);
        }
    }

    List<Piece> pieces() {
        return List.of(pieces);
    }

    /** {@return the piece that an address lies in; null for none} */
    @Nullable
    Piece at(long gpa) {
        int low = 0;
        int high = pieces.length - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            Piece piece = pieces[middle];
            if (Long.compareUnsigned(piece.last, gpa) < 0) {
                low = middle + 1;
            } else if (Long.compareUnsigned(piece.first, gpa) > 0) {
                high = middle - 1;
            } else {
                return piece;
            }
        }
        return null;
    }

    /** {@return the parts of a range that no piece covers: what a new mapping of it gets} */
    List<Piece> free(Piece wanted) {
        List<Piece> parts = new ArrayList<>();
        long from = wanted.first;
        for (Piece piece : pieces) {
            if (Long.compareUnsigned(piece.last, from) < 0) {
                continue;
            }
            if (Long.compareUnsigned(piece.first, wanted.last) > 0) {
                break;
            }
            if (Long.compareUnsigned(piece.first, from) > 0) {
                parts.add(wanted.part(from, piece.first - 1));
            }
            if (Long.compareUnsigned(piece.last, wanted.last) >= 0) {
                return parts;
            }
            from = piece.last + 1;
        }
        parts.add(wanted.part(from, wanted.last));
        return parts;
    }

    /** {@return the settled device pieces that cover all of a range, cut to it; empty when there are not such} */
    List<Piece> devices(long first, long last) {
        List<Piece> parts = new ArrayList<>();
        long from = first;
        while (true) {
            Piece piece = at(from);
            if (piece == null || !piece.device || !piece.settled) {
                return List.of();
            }
            boolean end = Long.compareUnsigned(piece.last, last) >= 0;
            parts.add(piece.part(from, end ? last : piece.last));
            if (end) {
                return parts;
            }
            from = piece.last + 1;
        }
    }

    /** {@return this map with more pieces, in places that are free} */
    MemoryMap with(List<Piece> more) {
        List<Piece> all = new ArrayList<>(List.of(pieces));
        all.addAll(more);
        all.sort((a, b) -> Long.compareUnsigned(a.first, b.first));
        return new MemoryMap(all);
    }

    /** {@return this map without a range; what reaches over its ends stays} */
    MemoryMap without(long first, long last) {
        List<Piece> rest = new ArrayList<>();
        for (Piece piece : pieces) {
            if (Long.compareUnsigned(piece.last, first) < 0 || Long.compareUnsigned(piece.first, last) > 0) {
                rest.add(piece);
                continue;
            }
            if (Long.compareUnsigned(piece.first, first) < 0) {
                rest.add(piece.part(piece.first, first - 1));
            }
            if (Long.compareUnsigned(piece.last, last) > 0) {
                rest.add(piece.part(last + 1, piece.last));
            }
        }
        return new MemoryMap(rest);
    }
}
