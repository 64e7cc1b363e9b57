package org.cupule.hw.cpu.oracle;

import java.util.Arrays;

/**
 * How a sample ended.
 *
 * @param state
 *            the registers as the final fault saw them
 * @param trap
 *            vector of that fault
 * @param error
 *            its error code, or 0
 * @param cr2
 *            the linear address, for vector 14
 * @param ended
 *            false when it ran too long, or left the sandbox with a system call
 * @param changes
 *            bytes of the image that differ from before, ascending: offset in the image, shifted by 8, or'ed with the
 *            new value
 */
record Outcome(UserState state, int trap, int error, long cr2, boolean ended, int[] changes) {
    @Override
    public String toString() {
        return "trap %d error %x cr2 %x%s%n%s%nchanges%s".formatted(trap, error, cr2, ended ? "" : " NOT ENDED", state,
                changesText());
    }

    private String changesText() {
        var text = new StringBuilder();
        Arrays.stream(changes).limit(40).forEach(change -> text
                .append(" %x:%02x".formatted(UserMemory.pageAt(change >>> 20) + (change >>> 8 & 0xFFF),
                        change & 0xFF)));
        return text.append(changes.length > 40 ? " ..." : "").toString();
    }
}
