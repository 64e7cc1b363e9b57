package org.cupule.dev.uart;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Backend;
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
 * Makes 16550A UARTs.
 *
 * @threading any thread
 */
@OffersModel(kind = "uart16550", name = "ns16550a", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class Uart16550Factory implements DeviceFactory {
    private static final String CLOCK = "clock";
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.ports("ports", 8, 0x3F8)).with(new LineSpec("irq", 4))
            .with(new Option(CLOCK, "1843200", "The frequency of the reference clock in hertz, 16 to 100000000."))
            .with(Backend.STREAM);

    @Override
    public ModelInfo info() {
        return new ModelInfo("uart16550", "ns16550a", "1.0.0", "The 16550A UART with its FIFOs: a PC's serial port");
    }

    @Override
    public StateSchema schema() {
        return Uart16550.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Uart16550(context, hertz(context.option(CLOCK)));
    }

    private static long hertz(String text) {
        if (!text.matches("\\d{1,9}") || Long.parseLong(text) < 16 || Long.parseLong(text) > 100_000_000) {
            throw new HsmException(Errno.EINVAL, "uart16550",
                    "option 'clock' is '" + text + "': give a number of hertz from 16 to 100000000");
        }
        return Long.parseLong(text);
    }
}
