package org.cupule.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.cupule.state.ModelState;

/**
 * A state with one value changed: the values are counted through nested states and lists.
 *
 * <pre>
 *  input    which value (2), what to do with it (1): 0 take it away, 1 make it longer or shorter, else another one
 *           then for a number 8 bytes, for bytes and texts one byte of length, and so many
 * </pre>
 *
 * @threading one thread
 */
final class ChangedState {
    private static final int REMOVE = 0;
    private static final int RESIZE = 1;
    private static final int ACTIONS = 4;

    private final Input input;
    private final int action;
    private int left;

    private ChangedState(Input input, int values) {
        this.input = input;
        this.left = input.wideBelow(values);
        this.action = input.below(ACTIONS);
    }

    static ModelState of(ModelState state, Input input) {
        int values = count(state);
        return values == 0 ? state : new ChangedState(input, values).change(state);
    }

    private static int count(Object value) {
        return switch (value) {
            case ModelState state -> state.fields().values().stream().mapToInt(ChangedState::count).sum();
            case List<?> list -> 1 + list.stream().mapToInt(ChangedState::count).sum();
            default -> 1;
        };
    }

    private ModelState change(ModelState state) {
        var builder = ModelState.of(state.kind(), state.version());
        state.fields().forEach((name, value) -> changed(value).ifPresent(next -> put(builder, name, next)));
        return builder.build();
    }

    private Optional<Object> changed(Object value) {
        if (value instanceof ModelState state) {
            return Optional.of(change(state));
        }
        boolean here = left-- == 0;
        if (here && action == REMOVE) {
            return Optional.empty();
        }
        return Optional.of(switch (value) {
            case List<?> list when here -> resized(list);
            case List<?> list -> list.stream().map(this::changed).flatMap(Optional::stream).toList();
            case Long number when here -> action == RESIZE ? number ^ 1L << input.below(Long.SIZE) : input.number();
            case byte[] bytes when here -> action == RESIZE ? new byte[input.octet()] : spoiled(bytes);
            case String _ when here -> new String(input.bytes(input.octet()), StandardCharsets.ISO_8859_1);
            default -> value;
        });
    }

    private byte[] spoiled(byte[] bytes) {
        byte[] spoiled = bytes.clone();
        byte[] other = input.bytes(input.octet());
        System.arraycopy(other, 0, spoiled, 0, Math.min(other.length, spoiled.length));
        return spoiled;
    }

    /** {@return a list that ends earlier, or has its items twice} */
    private List<?> resized(List<?> list) {
        int length = input.octet();
        var twice = new ArrayList<Object>(list);
        twice.addAll(list);
        return twice.subList(0, Math.min(length, twice.size()));
    }

    private static void put(ModelState.Builder builder, String name, Object value) {
        switch (value) {
            case Long number -> builder.put(name, number);
            case String text -> builder.put(name, text);
            case byte[] bytes -> builder.put(name, bytes);
            case ModelState state -> builder.put(name, state);
            case List<?> list when !list.isEmpty() && list.getFirst() instanceof ModelState -> builder.put(name, list
                    .stream().map(ModelState.class::cast).toList());
            case List<?> list -> builder.put(name, Arrays.stream(list.toArray(Long[]::new)).mapToLong(Long::longValue)
                    .toArray());
            default -> throw new IllegalArgumentException("a state cannot hold a " + value.getClass());
        }
    }
}
