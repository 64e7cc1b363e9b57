package org.cupule.hw.lapic;

import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.hardware.LapicFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes {@link PagedApic}s.
 *
 * @threading any thread
 */
@OffersModel(kind = "lapic", name = "xapic", version = "2.0.0")
@Component(service = LapicFactory.class)
public final class PagedApicFactory implements LapicFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("lapic", "xapic", "2.0.0", "local APIC with xAPIC and x2APIC modes, which counts");
    }

    @Override
    public StateSchema schema() {
        return PagedApic.SCHEMA;
    }

    @Override
    public Lapic create(int apicId, LapicContext context) {
        return new PagedApic(apicId, context);
    }
}
