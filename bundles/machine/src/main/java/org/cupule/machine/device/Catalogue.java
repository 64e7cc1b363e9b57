package org.cupule.machine.device;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.cupule.device.DeviceFactory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/**
 * The device models that are offered at a moment, preferred ones first.
 *
 * @param offers
 *            the models
 * @threading immutable
 */
public record Catalogue(List<DeviceOffer> offers) {
    private static final Comparator<DeviceOffer> ORDER = Comparator
            .comparing(DeviceOffer::info, ModelInfo.PREFERENCE).thenComparing(DeviceOffer::bundle);

    /** Sorts a copy of the list. */
    public Catalogue {
        offers = offers.stream().sorted(ORDER).toList();
    }

    /** {@return the catalogue with one more offer} */
    public Catalogue with(DeviceOffer offer) {
        return new Catalogue(Stream.concat(offers.stream(), Stream.of(offer)).toList());
    }

    /** {@return the catalogue without this factory's offers} */
    public Catalogue without(DeviceFactory factory) {
        return new Catalogue(offers.stream().filter(offer -> offer.factory() != factory).toList());
    }

    /** {@return the kinds of device, sorted} */
    public List<String> kinds() {
        return offers.stream().map(offer -> offer.info().kind()).distinct().sorted().toList();
    }

    /** {@return the preferred model of a kind} */
    public Optional<DeviceOffer> preferred(String kind) {
        return offers.stream().filter(offer -> offer.info().kind().equals(kind)).findFirst();
    }

    /**
     * Finds a model.
     *
     * @param kind
     *            its kind
     * @param model
     *            {@code name}, {@code name@version}, or empty for the preferred one
     * @param bundle
     *            the bundle that offers it, or -1 for any
     * @throws HsmException
     *             ENODEV when nobody offers it; the sentence names those that there are
     */
    public DeviceOffer find(String kind, String model, long bundle) {
        return offers.stream().filter(offer -> offer.info().kind().equals(kind))
                .filter(offer -> model.isEmpty() || offer.info().matches(model))
                .filter(offer -> bundle < 0 || offer.bundle() == bundle).findFirst()
                .orElseThrow(() -> missing(kind, model));
    }

    private HsmException missing(String kind, String model) {
        List<String> models = offers.stream().filter(offer -> offer.info().kind().equals(kind))
                .map(offer -> offer.info().id()).distinct().toList();
        return new HsmException(Errno.ENODEV, "device", models.isEmpty()
                ? "no plug-in offers a device of type '%s'; there are: %s".formatted(kind, list(kinds()))
                : "no plug-in offers the model '%s' of type '%s'; there are: %s".formatted(model, kind, list(models)));
    }

    private static String list(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
