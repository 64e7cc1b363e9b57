package org.cupule.hw.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.cupule.hardware.CpuContext;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * Decoded blocks by physical address, behind a direct-mapped cache by linear address.
 *
 * <p>
 * The same bytes may be decoded several times, for modes in which they mean different things:
 *
 * <pre>
 *     3        2        1..0
 *  +--------+--------+--------+
 *  | single |  user  | width  |     width: 0 16-bit, 1 32-bit, 2 64-bit code;  user: CPL 3, whose rights differ;
 *  +--------+--------+--------+     single: one instruction only
 * </pre>
 *
 * @threading confined to its CPU
 */
final class BlockCache {
    /** The most instructions of a block. */
    static final int MOST_OPS = 64;
    private static final int SINGLE = 8;
    /** The tables begin small, for guests that sleep or do little, and grow with what is in them. */
    private static final int FIRST_JUMPS = 128;
    private static final int MOST_JUMPS = 4096;
    private static final int FIRST_BUCKETS = 256;
    private static final int MOST_BUCKETS = 1 << 14;
    private static final int GROWTH = 4;
    private static final int MOST_BLOCKS = 1 << 17;

    private final Registers state;
    private final Mmu mmu;
    private final CpuContext context;
    private final CodeBytes bytes;
    private final Decoder decoder;
    private final Leave pageEnd = new Leave();
    private final boolean shared;
    private final int mostOps;
    private Block[] jumps = new Block[FIRST_JUMPS];
    private long[] jumpLinears = new long[FIRST_JUMPS];
    private int[] jumpEpochs = new int[FIRST_JUMPS];
    /** How often the present table of jumps did not know a block. */
    private int misses;
    private final Map<Ram, Map<Long, CodePage>> pages = new HashMap<>();
    private final ArrayList<Op> ops = new ArrayList<>();
    private Block[] buckets = new Block[FIRST_BUCKETS];
    private int blocks;
    private boolean keepable;

    BlockCache(Registers state, Mmu mmu, CpuContext context, Fault fault, boolean shared, int mostOps) {
        this.state = state;
        this.mmu = mmu;
        this.context = context;
        this.bytes = new CodeBytes(this, mmu, state, fault, pageEnd);
        this.decoder = new Decoder(bytes);
        this.shared = shared;
        this.mostOps = mostOps;
    }

    /** {@return the block at a linear address} or faults. */
    Block at(long linear) {
        return at(linear, state.mode);
    }

    /** {@return a block of one instruction} or faults. */
    Block single(long linear) {
        return at(linear, state.mode | SINGLE);
    }

    private Block at(long linear, int mode) {
        int slot = slot(linear, mode);
        Block block = jumps[slot];
        if (block != null && jumpLinears[slot] == linear && jumpEpochs[slot] == mmu.epoch && block.mode == mode
                && block.valid()) {
            return block;
        }
        block = find(linear, mode);
        if (++misses > 2 * jumps.length && jumps.length < MOST_JUMPS) {
            growJumps();
            slot = slot(linear, mode);
        }
        jumps[slot] = block;
        jumpLinears[slot] = linear;
        jumpEpochs[slot] = mmu.epoch;
        return block;
    }

    private int slot(long linear, int mode) {
        return (int) (linear ^ linear >>> 12 ^ mode << 8) & jumps.length - 1;
    }

    private void growJumps() {
        int length = GROWTH * jumps.length > MOST_JUMPS ? MOST_JUMPS : GROWTH * jumps.length;
        jumps = new Block[length];
        jumpLinears = new long[length];
        jumpEpochs = new int[length];
        misses = 0;
    }

    /** Forgets everything. */
    void clear() {
        Arrays.fill(jumps, null);
        buckets = new Block[FIRST_BUCKETS];
        blocks = 0;
        pages.clear();
    }

    private Block find(long linear, int mode) {
        mmu.fetch(linear);
        Ram ram = mmu.fetchedRam;
        long offset = mmu.fetchedOffset;
        int bucket = bucket(ram, offset);
        Block previous = null;
        for (Block block = buckets[bucket]; block != null; block = block.next) {
            if (block.offset == offset && block.ram == ram && block.mode == mode) {
                if (block.valid() && sameSecond(block, linear)) {
                    return block;
                }
                unlink(bucket, previous, block);
                continue;
            }
            previous = block;
        }
        return decode(linear, page(ram, offset), mode);
    }

    private int bucket(Ram ram, long offset) {
        return (int) (offset ^ offset >>> 14 ^ System.identityHashCode(ram)) & buckets.length - 1;
    }

    /** {@return whether the next linear page is still the one that the block reaches into} */
    private boolean sameSecond(Block block, long linear) {
        if (block.secondRam == null) {
            return true;
        }
        mmu.fetch(mmu.wrap((linear | 0xFFF) + 1));
        return mmu.fetchedRam == block.secondRam && mmu.fetchedOffset == block.secondOffset;
    }

    private void unlink(int bucket, @Nullable Block previous, Block block) {
        blocks--;
        if (previous == null) {
            buckets[bucket] = block.next;
        } else {
            previous.next = block.next;
        }
    }

    /** {@return the marked page of code that an offset lies in}; called before its bytes are read. */
    CodePage page(Ram ram, long offset) {
        CodePage page = pages.computeIfAbsent(ram, r -> new HashMap<>()).computeIfAbsent(offset >>> 12,
                number -> new CodePage(ram, number << 12));
        if (page.mark(offset)) {
            mmu.dropWrites();
            page.shootDown(context, shared);
        }
        keepable &= page.settled(context);
        return page;
    }

    private Block decode(long linear, CodePage page, int mode) {
        keepable = page.settled(context);
        ops.clear();
        int length = instructions(linear, page, mode);
        Op[] finished = Specializer.finish(ops, length);
        var block = new Block(finished, ops.size(), length, mode, page, page.offset + (linear & 0xFFF),
                bytes.second(), keepable);
        if (keepable) {
            keep(block);
        }
        return block;
    }

    private int instructions(long linear, CodePage page, int mode) {
        int most = (mode & SINGLE) != 0 ? 1 : mostOps;
        bytes.seek(linear, page);
        int length = 0;
        Op op;
        do {
            try {
                op = decoder.decode((mode & 2) != 0, (mode & 1) != 0, length, ops.isEmpty());
            } catch (Fault | Leave e) {
                if (ops.isEmpty()) {
                    throw e;
                }
                return length; // the instruction is decoded, and faults, when it is reached
            }
            op.number = ops.size();
            ops.add(op);
            length += op.length;
        } while (!op.last && bytes.second() == null && bytes.left() > 0 && ops.size() < most);
        return length;
    }

    private void keep(Block block) {
        if (++blocks > MOST_BLOCKS) {
            clear();
            blocks = 1;
        }
        if (blocks > buckets.length && buckets.length < MOST_BUCKETS) {
            growBuckets();
        }
        int bucket = bucket(block.ram, block.offset);
        block.next = buckets[bucket];
        buckets[bucket] = block;
    }

    private void growBuckets() {
        Block[] before = buckets;
        buckets = new Block[GROWTH * before.length > MOST_BUCKETS ? MOST_BUCKETS : GROWTH * before.length];
        for (Block chain : before) {
            for (Block block = chain; block != null;) {
                Block next = block.next;
                int bucket = bucket(block.ram, block.offset);
                block.next = buckets[bucket];
                buckets[bucket] = block;
                block = next;
            }
        }
    }
}
