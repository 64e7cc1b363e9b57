package org.cupule.hw.pci;

import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusContext;
import org.cupule.pci.PciBusFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes conventional PCI buses.
 *
 * @threading any thread
 */
@OffersModel(kind = "pci-bus", name = "conventional", version = "1.0.0")
@Component(service = PciBusFactory.class)
public final class ConventionalPciBusFactory implements PciBusFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("pci-bus", "conventional", "1.0.0",
                "A PCI hierarchy of type 0 functions with a host bridge, MSI and INTx pins");
    }

    @Override
    public StateSchema schema() {
        return ConventionalPciBus.SCHEMA;
    }

    @Override
    public PciBus create(PciBusContext context) {
        return new ConventionalPciBus(context);
    }
}
