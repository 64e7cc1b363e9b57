package org.cupule.tck.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;

/**
 * A vCPU that asks a handler: seeded, so that the same one asks the same again.
 *
 * @threading confined to the check
 */
final class Vcpu {
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final int LONGEST_PORT = 4;
    /** A part of the requests: what another guest left is seen before it is written over. */
    private static final int READS_FIRST = 4;

    private final int number;
    private final Random random;
    private final List<IoRange> ranges;
    private final List<Request> asked = new ArrayList<>();
    private long longestNanos;
    private String longest = "";

    Vcpu(int number, long seed, List<IoRange> ranges) {
        this.number = number;
        this.random = new Random(seed);
        this.ranges = ranges;
    }

    /** {@return the answers to some random requests, those of writes left out; the first ones are reads} */
    List<Long> ask(IoHandler handler, int requests) {
        var answers = new ArrayList<Long>();
        for (int i = 0; i < requests; i++) {
            boolean write = random.nextBoolean() && i > requests / READS_FIRST;
            long answer = handle(handler, any(write));
            if (!write) {
                answers.add(answer);
            }
        }
        return answers;
    }

    /** Asks with every size at every offset of a range's first and last bytes, read and written. */
    void askEverywhere(IoHandler handler, long around) {
        for (IoRange range : ranges) {
            for (long offset = 0; offset < Math.min(around, length(range)); offset++) {
                everySize(handler, range, range.first() + offset);
                everySize(handler, range, range.last() - offset);
            }
        }
    }

    private void everySize(IoHandler handler, IoRange range, long address) {
        for (int size : SIZES) {
            if (range.contains(address, size) && isPossible(range, size)) {
                handle(handler, request(range, address, size, false));
                handle(handler, request(range, address, size, true));
                handle(handler, request(range, address, size, false));
            }
        }
    }

    /** {@return bytes of a range, of which no more than 2 GiB are looked at} */
    private static long length(IoRange range) {
        long last = range.last() - range.first();
        return last < 0 ? Integer.MAX_VALUE : Math.min(Integer.MAX_VALUE - 1L, last) + 1;
    }

    private static boolean isPossible(IoRange range, int size) {
        return range.space() != AddressSpace.PORTIO || size <= LONGEST_PORT;
    }

    private Request any(boolean write) {
        IoRange range = ranges.get(random.nextInt(ranges.size()));
        long length = length(range);
        int size = SIZES[random.nextInt(SIZES.length)];
        while (size > length || !isPossible(range, size)) {
            size /= 2;
        }
        long offset = random.nextInt((int) (length - size + 1));
        return request(range, range.first() + offset, size, write);
    }

    private Request request(IoRange range, long address, int size, boolean write) {
        return new Request(range.space(), address, size, write, random.nextLong(), number);
    }

    private long handle(IoHandler handler, Request request) {
        long mask = Request.mask(request.size());
        long began = System.nanoTime();
        long answer;
        try {
            answer = handler.handle(request);
        } catch (RuntimeException failure) {
            throw new IllegalStateException(request + " was answered by " + failure, failure);
        }
        long nanos = System.nanoTime() - began;
        if (nanos > longestNanos) {
            longestNanos = nanos;
            longest = request.toString();
        }
        request.end();
        asked.add(request);
        return answer & mask;
    }

    /** {@return how long the longest call took} */
    long longestNanos() {
        return longestNanos;
    }

    /** {@return the request of the longest call} */
    String longest() {
        return longest;
    }

    /** {@return a request that was used after its call; empty when none was} */
    String usedLate() {
        return asked.stream().filter(Request::usedLate).findFirst().map(Request::toString).orElse("");
    }
}
