package org.cupule.hw.lapic;

import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.hardware.LapicFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes {@link XApic}s.
 *
 * @threading any thread
 */
@OffersModel(kind = "lapic", name = "xapic", version = "1.0.0")
@Component(service = LapicFactory.class)
public final class XApicFactory implements LapicFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("lapic", "xapic", "1.0.0", "local APIC with xAPIC and x2APIC modes");
    }

    @Override
    public StateSchema schema() {
        return XApic.SCHEMA;
    }

    @Override
    public Lapic create(int apicId, LapicContext context) {
        return new XApic(apicId, context);
    }
}
