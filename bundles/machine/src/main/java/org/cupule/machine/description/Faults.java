package org.cupule.machine.description;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What is wrong with a description: all of it, not only the first fault.
 *
 * @threading confined to its maker
 */
public final class Faults {
    private final Function<String, String> place;
    private final List<String> sentences = new ArrayList<>();
    private final Set<String> fields = new HashSet<>();
    private Errno errno = Errno.EINVAL;

    /**
     * Makes an empty list.
     *
     * @param place
     *            what is written before a sentence about a field: where the field stands, if it is known
     */
    Faults(Function<String, String> place) {
        this.place = place;
    }

    /** {@return faults of a description that was not read from a file} */
    public static Faults ofDescription() {
        return new Faults(field -> "");
    }

    /** Adds a fault of a field, written as {@code devices[2].windows.ports}. */
    void add(String field, String sentence, Object... values) {
        fields.add(field);
        sentences.add(place.apply(field) + "field '" + field + "': " + sentence.formatted(values));
    }

    /** {@return whether this field has a fault already: then what follows from its standard value is none} */
    boolean has(String field) {
        return fields.contains(field);
    }

    /** Adds a fault for which callers get another error number than EINVAL. */
    void add(Errno special, String field, String sentence, Object... values) {
        errno = sentences.isEmpty() ? special : errno;
        add(field, sentence, values);
    }

    /**
     * Throws if there is a fault.
     *
     * @throws HsmException
     *             with all sentences, a line each
     */
    public void throwIfAny(String operation) {
        if (!sentences.isEmpty()) {
            throw new HsmException(errno, operation, String.join("\n", sentences));
        }
    }
}
