package org.cupule.machine.device;

import java.util.Comparator;
import java.util.Objects;
import org.cupule.pci.PciBusFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/**
 * A model of PCI bus that a plug-in offers.
 *
 * @param factory
 *            makes the buses
 * @param info
 *            what they are
 * @param schema
 *            what state they read and write
 * @param bundle
 *            id of the bundle that offers it, or -1
 * @threading immutable
 */
public record PciOffer(PciBusFactory factory, ModelInfo info, StateSchema schema, long bundle) {
    /** Preferred ones first. */
    public static final Comparator<PciOffer> ORDER = Comparator.comparing(PciOffer::info, ModelInfo.PREFERENCE)
            .thenComparing(PciOffer::bundle);

    /** Refuses a model that does not say what it is. */
    public PciOffer {
        Objects.requireNonNull(info, "info");
        Objects.requireNonNull(schema, "schema");
    }

    /** Asks the factory what it offers. */
    public static PciOffer of(PciBusFactory factory, long bundle) {
        return new PciOffer(factory, factory.info(), factory.schema(), bundle);
    }
}
