package org.cupule.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of one model, as data: a kind, a version and named fields.
 *
 * <p>
 * A field is a {@code Long}, a {@code String}, a {@code byte[]}, a {@code List} of fields or a nested
 * {@code ModelState}. Fields keep the order of their names, so that two equal states print and compare equal.
 *
 * @threading immutable: the arrays and lists in it must not be changed; {@link #bytes} and {@link #longs} return copies
 */
public final class ModelState {
    private final String kind;
    private final int version;
    private final Map<String, Object> fields;

    private ModelState(String kind, int version, Map<String, Object> fields) {
        this.kind = kind;
        this.version = version;
        this.fields = Collections.unmodifiableMap(new TreeMap<>(fields));
    }

    /** {@return a builder for a state of this kind and version} */
    public static Builder of(String kind, int version) {
        return new Builder(kind, version);
    }

    /** {@return the kind} */
    public String kind() {
        return kind;
    }

    /** {@return the version} */
    public int version() {
        return version;
    }

    /** {@return the fields by name, in the order of their names} */
    public Map<String, Object> fields() {
        return fields;
    }

    /** {@return whether there is such a field} */
    public boolean has(String name) {
        return fields.containsKey(name);
    }

    /** {@return a number} */
    public long number(String name) {
        return field(name, Long.class);
    }

    /** {@return a number that must lie in the inclusive range} */
    public long number(String name, long least, long most) {
        long value = number(name);
        if (value < least || value > most) {
            throw new StateException(
                    "%s: field '%s' is %d, outside %d to %d".formatted(kind, name, value, least, most));
        }
        return value;
    }

    /** {@return a truth value, saved as 0 or 1} */
    public boolean flag(String name) {
        return number(name, 0, 1) != 0;
    }

    /** {@return a text} */
    public String text(String name) {
        return field(name, String.class);
    }

    /** {@return a copy of the bytes} */
    public byte[] bytes(String name) {
        return field(name, byte[].class).clone();
    }

    /** {@return the bytes, which must be of exactly this length} */
    public byte[] bytes(String name, int length) {
        byte[] bytes = bytes(name);
        if (bytes.length != length) {
            throw new StateException("%s: field '%s' has %d bytes, not %d".formatted(kind, name, bytes.length, length));
        }
        return bytes;
    }

    /** {@return a list of numbers} */
    public long[] longs(String name) {
        List<?> list = field(name, List.class);
        long[] values = new long[list.size()];
        for (int i = 0; i < values.length; i++) {
            if (!(list.get(i) instanceof Long value)) {
                throw new StateException("%s: field '%s'[%d] is not a number".formatted(kind, name, i));
            }
            values[i] = value;
        }
        return values;
    }

    /** {@return a list of numbers, which must be of exactly this length} */
    public long[] longs(String name, int length) {
        long[] values = longs(name);
        if (values.length != length) {
            throw new StateException(
                    "%s: field '%s' has %d numbers, not %d".formatted(kind, name, values.length, length));
        }
        return values;
    }

    /** {@return a nested state} */
    public ModelState nested(String name) {
        return field(name, ModelState.class);
    }

    /** {@return a list of nested states} */
    public List<ModelState> list(String name) {
        List<?> list = field(name, List.class);
        var states = new ArrayList<ModelState>(list.size());
        for (Object item : list) {
            if (!(item instanceof ModelState state)) {
                throw new StateException("%s: field '%s' holds something else than states".formatted(kind, name));
            }
            states.add(state);
        }
        return states;
    }

    private <T> T field(String name, Class<T> type) {
        Object value = fields.get(name);
        if (value == null) {
            throw new StateException("%s version %d: field '%s' is missing".formatted(kind, version, name));
        }
        if (!type.isInstance(value)) {
            throw new StateException("%s: field '%s' is a %s, not a %s".formatted(kind, name,
                    value.getClass().getSimpleName(), type.getSimpleName()));
        }
        return type.cast(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelState state && kind.equals(state.kind) && version == state.version
                && fields.keySet().equals(state.fields.keySet())
                && fields.keySet().stream().allMatch(name -> same(fields.get(name), state.fields.get(name)));
    }

    private static boolean same(Object a, Object b) {
        return a instanceof byte[] left && b instanceof byte[] right ? Arrays.equals(left, right) : a.equals(b);
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + version + fields.keySet().hashCode();
    }

    @Override
    public String toString() {
        var text = new StringBuilder(kind).append(" v").append(version).append(" {");
        fields.forEach((name, value) -> text.append(' ').append(name).append('=')
                .append(value instanceof byte[] bytes ? "byte[" + bytes.length + "]" : value));
        return text.append(" }").toString();
    }

    /**
     * Collects the fields of a state.
     *
     * @threading confined to its maker
     */
    public static final class Builder {
        private final String kind;
        private final int version;
        private final Map<String, Object> fields = new TreeMap<>();

        private Builder(String kind, int version) {
            this.kind = kind;
            this.version = version;
        }

        /** Puts a number. */
        public Builder put(String name, long value) {
            return field(name, value);
        }

        /** Puts a truth value, as 0 or 1. */
        public Builder put(String name, boolean value) {
            return field(name, value ? 1L : 0L);
        }

        /** Puts a text. */
        public Builder put(String name, String value) {
            return field(name, value);
        }

        /** Puts a copy of bytes. */
        public Builder put(String name, byte[] value) {
            return field(name, value.clone());
        }

        /** Puts a list of numbers. */
        public Builder put(String name, long[] value) {
            return field(name, Arrays.stream(value).boxed().toList());
        }

        /** Puts a nested state. */
        public Builder put(String name, ModelState value) {
            return field(name, value);
        }

        /** Puts a list of nested states. */
        public Builder put(String name, List<ModelState> value) {
            return field(name, List.copyOf(value));
        }

        private Builder field(String name, Object value) {
            if (fields.put(name, value) != null) {
                throw new IllegalArgumentException(kind + ": field '" + name + "' is put twice");
            }
            return this;
        }

        /** {@return the state} */
        public ModelState build() {
            return new ModelState(kind, version, fields);
        }
    }
}
