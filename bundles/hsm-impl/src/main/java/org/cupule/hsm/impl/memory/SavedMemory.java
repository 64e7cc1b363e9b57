package org.cupule.hsm.impl.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.cupule.hsm.impl.memory.MemoryMap.Piece;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * What is mapped where, as data, and what it is mapped to: state kind {@code guest-memory}, version 1.
 *
 * <pre>
 *  backings   length of each, in bytes
 *  pieces     nested: first lengthBytes backing offset access type device
 *  mappings   how many RAM mappings are counted
 * </pre>
 *
 * @param state
 *            all but the content
 * @param backings
 *            whose content belongs to it
 * @threading immutable
 */
public record SavedMemory(ModelState state, List<Ram> backings) {
    private static final String KIND = "guest-memory";
    /** Each mapping may fall apart into pieces, where others lie already; more is no honest VM. */
    private static final int MOST_PIECES = 1 << 16;

    /** Copies the list. */
    public SavedMemory {
        backings = List.copyOf(backings);
    }

    static SavedMemory of(List<Piece> pieces, int mappings) {
        List<Ram> backings = pieces.stream().map(Piece::backing).distinct().toList();
        List<ModelState> states = pieces.stream().map(piece -> ModelState.of("memory-piece", 1)
                .put("first", piece.first()).put("lengthBytes", piece.lengthBytes())
                .put("backing", backings.indexOf(piece.backing())).put("offset", piece.offset())
                .put("access", piece.access()).put("type", piece.type().name()).put("device", piece.device()).build())
                .toList();
        return new SavedMemory(ModelState.of(KIND, 1)
                .put("backings", backings.stream().mapToLong(Ram::lengthBytes).toArray()).put("pieces", states)
                .put("mappings", mappings).build(), backings);
    }

    /** {@return the lengths of the backings that a state asks for} */
    static long[] lengths(ModelState state) {
        if (!state.kind().equals(KIND) || state.version() != 1) {
            throw new StateException("'%s' version %d; this HSM reads '%s' version 1".formatted(state.kind(),
                    state.version(), KIND));
        }
        long[] lengths = state.longs("backings");
        int pieces = state.list("pieces").size();
        if (lengths.length > pieces || pieces > MOST_PIECES) {
            throw new StateException("guest-memory: %d backings, %d pieces".formatted(lengths.length, pieces));
        }
        return lengths;
    }

    static int mappings(ModelState state) {
        return (int) state.number("mappings", 0, GuestMemory.MAX_MAPPINGS);
    }

    /** {@return the pieces of a state, which lie inside their backings and do not overlap} */
    static List<Piece> pieces(ModelState state, List<Ram> backings) {
        LongFunction<Ram> backing = index -> backings.get((int) index);
        var pieces = new ArrayList<Piece>();
        for (ModelState saved : state.list("pieces")) {
            Piece piece = piece(saved, backing.apply(saved.number("backing", 0, backings.size() - 1L)));
            if (!pieces.isEmpty() && Long.compareUnsigned(piece.first(), pieces.getLast().last()) <= 0) {
                throw new StateException("guest-memory: the piece at 0x%x overlaps the one before"
                        .formatted(piece.first()));
            }
            pieces.add(piece);
        }
        return pieces;
    }

    private static Piece piece(ModelState saved, Ram ram) {
        long first = saved.number("first");
        long length = saved.number("lengthBytes", Ram.PAGE_BYTES, ram.lengthBytes());
        long offset = saved.number("offset", 0, ram.lengthBytes() - length);
        if ((first | length | offset) % Ram.PAGE_BYTES != 0 || Long.compareUnsigned(first + length - 1, first) < 0) {
            throw new StateException("guest-memory: 0x%x bytes at 0x%x, offset 0x%x, are not whole pages"
                    .formatted(length, first, offset));
        }
        return new Piece(first, first + length - 1, ram, offset, (int) saved.number("access", 0, Access.ALL),
                type(saved.text("type")), saved.flag("device"), true);
    }

    private static MemoryType type(String name) {
        for (MemoryType type : MemoryType.values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw new StateException("guest-memory: there is no memory type '%s'".formatted(name));
    }
}
