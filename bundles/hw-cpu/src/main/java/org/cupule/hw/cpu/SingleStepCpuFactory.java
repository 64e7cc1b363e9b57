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
 * A CPU model whose blocks hold one instruction each: slower, and a check on the other one.
 *
 * @threading any thread
 */
@OffersModel(kind = "cpu", name = "single-step", version = "1.0.0")
@Component(service = CpuFactory.class)
public final class SingleStepCpuFactory implements CpuFactory {
    private static final ModelInfo INFO = new ModelInfo("cpu", "single-step", "1.0.0",
            "x86-64, executes one decoded instruction at a time");

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
        return new InterpretedCpu(spec, context, 1);
    }
}
