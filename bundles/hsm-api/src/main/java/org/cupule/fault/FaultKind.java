package org.cupule.fault;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What can fail.
 *
 * @threading immutable
 */
public enum FaultKind {
    /** An access does not reach the device: a read gives all ones, a write is lost. A chance is an access. */
    DROP,
    /** An access is answered late, by microseconds of the host. A chance is an access. */
    DELAY,
    /** One bit of what is read or written is wrong. A chance is an access. */
    CORRUPT,
    /** A line does not rise, or a message is not sent. A chance is a rise or a message. */
    LOST_IRQ,
    /** A line pulses, or a message is sent, without a reason. A chance is an access. */
    SPURIOUS_IRQ,
    /** A transfer from or to guest memory fails. A chance is a transfer. */
    DMA_ERROR,
    /** The device is gone, as if it was pulled out: all ones, no interrupts. A chance is an access. */
    REMOVE;

    /** {@return the word for people: {@code lost-irq}} */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /**
     * {@return the kind of a word}
     *
     * @throws HsmException
     *             EINVAL with the words that there are
     */
    public static FaultKind of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst()
                .orElseThrow(() -> new HsmException(Errno.EINVAL, "fault", "there is no fault '%s'; there are: %s"
                        .formatted(word, Arrays.stream(values()).map(FaultKind::word)
                                .collect(Collectors.joining(", ")))));
    }

    /** {@return whether each access is a chance for it} */
    public boolean ofAccess() {
        return this != LOST_IRQ && this != DMA_ERROR;
    }
}
