package org.cupule.hw.cpu;

import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.CpuSpec;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * The usual CPU model.
 *
 * @threading any thread
 */
@OffersModel(kind = "cpu", name = "interpreter", version = "1.0.0")
@Component(service = CpuFactory.class)
public final class InterpretedCpuFactory implements CpuFactory {
    private static final ModelInfo INFO = new ModelInfo("cpu", "interpreter", "1.0.0",
            "x86-64, executes decoded basic blocks");

    @Override
    public ModelInfo info() {
        return INFO;
    }

    @Override
    public StateSchema schema() {
        return InterpretedCpu.SCHEMA;
    }

    @Override
    public Cpu create(CpuSpec spec, CpuContext context) {
        return new InterpretedCpu(spec, context, BlockCache.MOST_OPS);
    }
}
