package org.cupule.dev.pmtimer;

import java.util.Arrays;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.state.StateSchema;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes power management blocks.
 *
 * @threading any thread
 */
@OffersModel(kind = "acpi-pm", name = "pm1-block", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class AcpiPmFactory implements DeviceFactory {
    private static final String BITS = "timer-bits";
    private static final String OFF = "off-types";
    private static final DeviceSpec SPEC = DeviceSpec
            .of(Window.ports("pm", 12, 0x400), Window.ports("smi", 2, 0xB2), Window.ports("reset", 1, 0xCF9))
            .with(new LineSpec("sci", 9))
            .with(new Option(BITS, "32", "How many bits the PM timer has: 24 or 32; the FADT must say the same."),
                    new Option(OFF, "5", "The sleep types that switch the machine off, 0 to 7, separated by commas."));

    @Override
    public ModelInfo info() {
        return new ModelInfo("acpi-pm", "pm1-block", "1.0.0",
                "ACPI power management: PM timer, power-off, power button and the reset port");
    }

    @Override
    public StateSchema schema() {
        return AcpiPm.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new AcpiPm(context, bits(context.option(BITS)), types(context.option(OFF)));
    }

    private static int bits(String text) {
        return switch (text) {
            case "24" -> 24;
            case "32" -> 32;
            default -> throw new HsmException(Errno.EINVAL, "acpi-pm",
                    "option '" + BITS + "' is '" + text + "': give 24 or 32");
        };
    }

    /** {@return a bit for each type} */
    private static int types(String text) {
        if (!text.matches("[0-7](,[0-7])*")) {
            throw new HsmException(Errno.EINVAL, "acpi-pm",
                    "option '" + OFF + "' is '" + text + "': give sleep types from 0 to 7, as in 5 or 5,7");
        }
        return Arrays.stream(text.split(",")).mapToInt(type -> 1 << Integer.parseInt(type)).reduce(0, (a, b) -> a | b);
    }
}
