package org.cupule.hv.sim;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.hardware.HardwareFactory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.jspecify.annotations.Nullable;

/**
 * The factories of one kind of hardware that are there now, the preferred one first.
 *
 * @threading any thread: an immutable list behind a volatile field
 */
final class Shelf<F extends HardwareFactory> {
    /** Newest model first, then by name, then the bundle that came first. */
    private static final Comparator<Offered<?>> PREFERENCE = Comparator
            .<Offered<?>, ModelInfo>comparing(Offered::info, ModelInfo.PREFERENCE).thenComparing(Offered::bundle);

    private final String kind;
    private volatile List<Offered<F>> offers = List.of();

    Shelf(String kind) {
        this.kind = kind;
    }

    String kind() {
        return kind;
    }

    List<Offered<F>> offers() {
        return offers;
    }

    /** Takes a factory in; one that says nonsense of itself is refused by its exception. */
    synchronized Offered<F> add(F factory, Map<String, ?> properties) {
        var offer = new Offered<>(factory, factory.info(), bundle(properties));
        offers = Stream.concat(offers.stream(), Stream.of(offer)).sorted(PREFERENCE).toList();
        return offer;
    }

    /** Takes a factory out. */
    synchronized void remove(F factory) {
        offers = offers.stream().filter(offer -> !offer.is(factory)).toList();
    }

    /**
     * Chooses a model.
     *
     * @param wanted
     *            name or {@code name@version}; null for the preferred one
     * @throws HsmException
     *             ENODEV when it is not there; the sentence names what is missing and what is there
     */
    Offered<F> choose(@Nullable String wanted) {
        return find(wanted, -1).orElseThrow(() -> new HsmException(Errno.ENODEV, "create", missing(wanted)));
    }

    /** {@return the preferred offer of this name (null: any) and bundle (-1: any)} */
    Optional<Offered<F>> find(@Nullable String wanted, long bundle) {
        return offers.stream().filter(offer -> wanted == null || offer.info().matches(wanted))
                .filter(offer -> bundle < 0 || offer.bundle() == bundle).findFirst();
    }

    /** {@return a sentence that says what is not there and what is} */
    String missing(@Nullable String wanted) {
        return offers.isEmpty()
                ? "no model of kind '%s' is there: install a bundle that offers one (hw-%s)".formatted(kind, kind)
                : "no model '%s' of kind '%s' is there; there is %s".formatted(wanted, kind,
                        offers.stream().map(offer -> offer.info().id()).collect(Collectors.joining(", ")));
    }

    private static long bundle(Map<String, ?> properties) {
        return properties.get("service.bundleid") instanceof Long id ? id : -1;
    }
}
