/** What the checks of the radio say: see `machine-findings.ts`. */
export const radioFindings = {
  "rfkill-none": ["this machine has no switch for Bluetooth", null],
  "rfkill-off": ["Bluetooth is not switched off", null],
  "rfkill-hard": [
    "Bluetooth is switched off by a switch, a key, or the firmware",
    "Use the machine's own switch or key for wireless, or allow Bluetooth in its firmware set-up: no command can.",
  ],
  "rfkill-soft": [
    "Bluetooth is switched off by a program, as flight mode does",
    "Switch it on: `rfkill unblock bluetooth`.",
  ],

  "bluetoothd-answers": ["it answers; version {version}", null],
  "bluetoothd-of-unknown-version": ["it answers; its version cannot be learnt here", null],
  "needs-bluetoothd": ["needs bluetoothd", null],
  "bluetoothd-mute": [
    "bluetoothd is there, and does not answer within 5 s",
    "Restart it: `systemctl restart bluetooth`; and read `journalctl -u bluetooth`.",
  ],
  "bluetoothd-denied": [
    "bluetoothd does not let this user in",
    "Add the user that Carepost runs as to the group: `usermod -aG bluetooth carepost`, and start Carepost anew.",
  ],
  "no-message-bus": [
    "there is no message bus, by which bluetoothd is spoken to",
    "Install and start it: `apt-get install dbus`, `systemctl start dbus`; in a container, share /run/dbus with it.",
  ],
  "bluez-absent": ["BlueZ is not installed", "Install it: `apt-get install bluez`."],
  "bluetoothd-without-adapter": [
    "bluetoothd does not run, and there is no Bluetooth adapter for it to start for",
    "Plug one in. If one is there, `dmesg | grep -i bluetooth` says what it lacks: most often its firmware.",
  ],
  "bluetoothd-down": ["bluetoothd does not run", "Start it, now and at each boot: `systemctl enable --now bluetooth`."],

  "bluez-set-up": ["Low Energy alone, and no pairing that nobody asked for", null],
  "bluez-unreadable": ["{file} may not be read by this user", "Let it be read: `chmod a+r {file}`."],
  "bluez-setting": ["{key} is {found}", "{file}, [{section}]: {key} = {value}. {why}"],
  "bluez-setting-unset": ["{key} is {found}, as it is not set", "{file}, [{section}]: {key} = {value}. {why}"],
  "bluez-setting-needless": ["{key} is {found}", "{file}, [{section}]: take {key} out. {why}"],
  "bluez-plugins": [
    "plugins are loaded that no meter needs: {plugins}",
    "Write {file} as gateway/README.md shows it: some of these plugins turn a stranger into a keyboard.",
  ],
  "bluez-restart": ["", "Then `systemctl daemon-reload && systemctl restart bluetooth`."],

  "adapter-on": ["{adapter} is on", null],
  "adapter-on-of-several": ["{adapter} is on, of {adapters}", null],
  "adapter-without-fallback": [
    "{adapter} is on, but there is no {missing} to fall back on",
    "Plug it in, or take it out of radio.adapters.",
  ],
  "adapter-not-found": [
    "there is no {missing}, only {adapters}",
    "Plug it in, or name another in radio.adapters; by its address it is found in whichever socket it is.",
  ],
  "adapter-off": [
    "{adapter} is switched off",
    "Switch it on: `bluetoothctl power on`; and at each boot: AutoEnable = true in [Policy] of /etc/bluetooth/main.conf.",
  ],
  "adapter-classic": ["{adapter} does not speak Bluetooth Low Energy", "Use an adapter of Bluetooth 4.0 or newer."],
  "adapter-held": [
    "the kernel has {adapters}, and bluetoothd has none: another program holds it for itself, or it does not start up",
    "End what else uses it (the check of other programs names them), unplug it and plug it in; `dmesg | grep -i bluetooth` says why it does not start.",
  ],
  "adapter-absent": [
    "there is no Bluetooth adapter",
    "Plug one in. If one is there, `dmesg | grep -i bluetooth` says what it lacks: most often its firmware.",
  ],

  "rivals-none": ["nothing else uses the radio", null],
  "rivals-gateway-alone": ["nothing but a gateway uses the radio", null],
  "rivals-searching": [
    "somebody lets bluetoothd search, and no gateway runs here",
    "Find out who: `busctl tree` and `busctl list` name those that speak to org.bluez; a desktop's settings page is most often it.",
  ],
  "rival-pairs": ["{program} searches and pairs while it is open", null],
  "rival-bypasses": ["{program} speaks to the controller behind bluetoothd's back", null],
  "rival-desktop-connects": ["{program} is a desktop's Bluetooth: it pairs, and connects to what it knows", null],
  "rival-desktop-searches": ["{program} is a desktop's Bluetooth: it searches while it is open", null],
  "rival-home-assistant": ["{program} is Home Assistant: it searches and connects by itself", null],
  "rival-program": ["{program} is a Bluetooth program of its own", null],
  "rival-bluetoothd": ["there are {count} bluetoothd: one of them is too many", null],
  "rival-gateways": ["there are {count} gateways: they take devices away from each other", null],
  "rivals-end": [
    "",
    "End them, or take them off this machine: a device has one connection at a time, and air time is shared.",
  ],

  "bonds-none": ["no device is paired here yet", null],
  "bonds-whole": ["{devices|the one paired device has its key|all # paired devices have their keys}", null],
  "bonds-gone": [
    "bluetoothd has no key any more for {names}",
    "Pair again, each with the device at hand: `carepost devices pair`.",
  ],
  "bonds-gone-nameless": [
    "bluetoothd has no key any more for {devices|a device|# devices} without a name",
    "Pair again, each with the device at hand: `carepost devices pair`.",
  ],
  "bonds-lost": ["the bond is lost with {names}", "Pair again, each with the device at hand: `carepost devices pair`."],
  "bonds-lost-nameless": [
    "the bond is lost with {devices|a device|# devices} without a name",
    "Pair again, each with the device at hand: `carepost devices pair`.",
  ],

  "needs-adapter": ["needs an adapter that is switched on", null],
  "radio-hears": ["{adapter} hears {devices|a device|# devices}", null],
  "radio-cannot-search": [
    "{adapter} cannot search ({code})",
    "Switch it off and on: `bluetoothctl power off`, `bluetoothctl power on`; if that does not help, unplug it.",
  ],
  "radio-deaf": [
    "{adapter} hears nothing at all",
    "Wake a device up and bring it near. If nothing is ever heard, give the adapter an extension cable: USB 3 ports drown it.",
  ],
  "virtual-absent": [
    "no virtual air answers at {socket}",
    "Start `carepost simulate --socket {socket}`, or name its socket in radio.socket.",
  ],
  "virtual-hears": ["it answers, and hears {devices|a device|# devices}", null],
  "virtual-silent": [
    "it answers, and hears no device",
    "Wake a device up and bring it near; most of them are silent until somebody measures.",
  ],

  "noble-absent": [
    "{packages} cannot be loaded",
    "Install it beside Carepost: `npm install @stoprocent/noble`; on Linux, set radio.kind to bluez, which needs none.",
  ],
  "noble-loads": ["{package} can be loaded; this system itself pairs, and asks in its own windows", null],
  "noble-on-linux": [
    "{package} can be loaded, but on Linux it bonds with no device that wants a passkey",
    "Set radio.kind to bluez, unless this machine has no bluetoothd.",
  ],
  "permission-by-socket": ["none is needed: the controller is reached by a socket", null],
  "permission-by-system": ["the system asks for them when Carepost first listens", null],
  "permission-granted": ["it may open the controller by itself", null],
  "permission-lacking": [
    "this process may not open the controller: it lacks {capabilities}",
    "In its systemd unit: AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN, and AF_BLUETOOTH in RestrictAddressFamilies if that is set; by hand: `setcap cap_net_raw,cap_net_admin+eip {program}`.",
  ],
  "kernel-without-adapter": [
    "the kernel has no Bluetooth adapter, or no Bluetooth at all",
    "Plug one in, and load the driver: `modprobe btusb`; `dmesg | grep -i bluetooth` says what it lacks.",
  ],
} as const;
