package org.cupule.tck.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.cupule.state.ModelState;

/** States compared field by field, and states that are nearly right. */
final class StateText {
    private StateText() {
    }

    /** {@return where two states differ first, in a sentence} */
    static Optional<String> difference(ModelState one, ModelState two) {
        if (one.equals(two)) {
            return Optional.empty();
        }
        var names = new TreeSet<>(one.fields().keySet());
        names.addAll(two.fields().keySet());
        return names.stream().map(name -> field(name, one.fields().get(name), two.fields().get(name)))
                .flatMap(Optional::stream).findFirst()
                .or(() -> Optional.of("%s version %d is not %s version %d".formatted(one.kind(), one.version(),
                        two.kind(), two.version())));
    }

    private static Optional<String> field(String name, @org.jspecify.annotations.Nullable Object one,
            @org.jspecify.annotations.Nullable Object two) {
        if (one instanceof ModelState inner && two instanceof ModelState other) {
            return difference(inner, other).map(text -> name + "." + text);
        }
        if (one instanceof List<?> items && two instanceof List<?> others && items.size() == others.size()) {
            return java.util.stream.IntStream.range(0, items.size())
                    .mapToObj(index -> field(name + "[" + index + "]", items.get(index), others.get(index)))
                    .flatMap(Optional::stream).findFirst();
        }
        return java.util.Objects.deepEquals(one, two)
                ? Optional.empty()
                : Optional.of("field '%s' is %s and %s".formatted(name, text(one), text(two)));
    }

    private static String text(@org.jspecify.annotations.Nullable Object value) {
        return value instanceof byte[] bytes
                ? "bytes of sum %x".formatted(Arrays.hashCode(bytes))
                : value == null ? "missing" : value.toString();
    }

    /** {@return the state without a field, which may lie in a nested state: {@code outer.inner}} */
    static ModelState without(ModelState state, String path) {
        int dot = path.indexOf('.');
        String name = dot < 0 ? path : path.substring(0, dot);
        var builder = ModelState.of(state.kind(), state.version());
        state.fields().forEach((field, value) -> {
            if (!field.equals(name)) {
                put(builder, field, value);
            } else if (dot >= 0 && value instanceof ModelState inner) {
                put(builder, field, without(inner, path.substring(dot + 1)));
            }
        });
        return builder.build();
    }

    /** {@return the state without each of its fields in turn, those of nested states too} */
    static List<ModelState> lacking(ModelState state) {
        var states = new ArrayList<ModelState>();
        state.fields().forEach((name, value) -> {
            states.add(without(state, name));
            nested(value).forEach((index, inner) -> lacking(inner)
                    .forEach(poor -> states.add(copy(state, Map.of(name, replaced(value, index, poor))))));
        });
        return states;
    }

    /** {@return the state with each field in turn of another type} */
    static List<ModelState> mistyped(ModelState state) {
        return state.fields().entrySet().stream().map(field -> copy(state, Map.of(field.getKey(),
                field.getValue() instanceof String ? (Object) 0L : "nonsense"))).toList();
    }

    /** {@return the state with nonsense in each field in turn, those of nested states too} */
    static List<ModelState> damaged(ModelState state) {
        var states = new ArrayList<ModelState>();
        state.fields().forEach((name, value) -> {
            variants(value).forEach(wrong -> states.add(copy(state, Map.of(name, wrong))));
            nested(value).forEach((index, inner) -> damaged(inner)
                    .forEach(wrong -> states.add(copy(state, Map.of(name, replaced(value, index, wrong))))));
        });
        return states;
    }

    private static List<Object> variants(Object value) {
        return switch (value) {
            case Long number -> List.of(Long.MIN_VALUE, Long.MAX_VALUE, -1L, 0x1_0000_0000L, number ^ 0x8000_0000L);
            case byte[] bytes -> List.of(new byte[0], new byte[bytes.length + 1]);
            case List<?> list -> List.of(List.of(), new ArrayList<>(Collections.nCopies(list.size(), -1L)),
                    Collections.nCopies(list.size(), Long.MAX_VALUE));
            default -> List.of();
        };
    }

    /** {@return the nested states in a field, by their index; 0 for one that stands alone} */
    private static Map<Integer, ModelState> nested(Object value) {
        var inner = new TreeMap<Integer, ModelState>();
        if (value instanceof ModelState state) {
            inner.put(0, state);
        } else if (value instanceof List<?> list && !list.isEmpty() && list.getLast() instanceof ModelState state) {
            inner.put(list.size() - 1, state);
        }
        return inner;
    }

    private static Object replaced(Object value, int index, ModelState inner) {
        if (value instanceof List<?> list) {
            var changed = new ArrayList<Object>(list);
            changed.set(index, inner);
            return changed;
        }
        return inner;
    }

    private static ModelState copy(ModelState state, Map<String, Object> changed) {
        var builder = ModelState.of(state.kind(), state.version());
        state.fields().forEach((name, value) -> put(builder, name, changed.getOrDefault(name, value)));
        return builder.build();
    }

    static void put(ModelState.Builder builder, String name, Object value) {
        switch (value) {
            case Long number -> builder.put(name, number);
            case String text -> builder.put(name, text);
            case byte[] bytes -> builder.put(name, bytes);
            case ModelState nested -> builder.put(name, nested);
            case List<?> list when list.stream().allMatch(ModelState.class::isInstance) && !list.isEmpty() -> builder
                    .put(name, list.stream().map(ModelState.class::cast).toList());
            case List<?> list -> builder.put(name, list.stream().mapToLong(item -> (Long) item).toArray());
            default -> throw new IllegalArgumentException("a state cannot hold a " + value.getClass());
        }
    }
}
