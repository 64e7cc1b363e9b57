package org.cupule.machine.description;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What is wrong with a description: all of it, not only the first fault.
 *
 * @threading confined to its maker
 */
public final class Faults {
    private final Function<String, String> place;
    private final List<Fault> faults = new ArrayList<>();
    private Errno errno = Errno.EINVAL;

    /**
     * One of them.
     *
     * @param field
     *            written as {@code devices[2].windows.ports}
     * @param sentence
     *            what is wrong with it
     * @threading immutable
     */
    public record Fault(String field, String sentence) {
    }

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
        faults.add(new Fault(field, sentence.formatted(values)));
    }

    /** {@return whether this field has a fault already: then what follows from its standard value is none} */
    boolean has(String field) {
        return faults.stream().anyMatch(fault -> fault.field.equals(field));
    }

    /** Adds a fault for which callers get another error number than EINVAL. */
    void add(Errno special, String field, String sentence, Object... values) {
        errno = faults.isEmpty() ? special : errno;
        add(field, sentence, values);
    }

    /**
     * Throws if there is a fault.
     *
     * @throws HsmException
     *             with all sentences, a line each
     */
    public void throwIfAny(String operation) {
        if (!faults.isEmpty()) {
            throw new HsmException(errno, operation, faults.stream().map(this::text).collect(Collectors.joining("\n")));
        }
    }

    private String text(Fault fault) {
        return place.apply(fault.field) + "field '" + fault.field + "': " + fault.sentence;
    }

    /** {@return all of them, in the order in which they were found} */
    public List<Fault> all() {
        return List.copyOf(faults);
    }
}
